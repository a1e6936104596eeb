package planted.raft;

import java.io.File;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

final class Impure {
  final HashMap<String, Long> hashed = new HashMap<>();
  final Set<String> salted = Set.of("a", "b");
  final Random random = new Random(1);
  final Thread thread = Thread.currentThread();
  final File file = new File("log");
  final Path path = Path.of("log");
  final URI address = URI.create("local");
  final ReentrantLock lock = new ReentrantLock();
  final Instant instant = Instant.EPOCH;

  double now() {
    return System.nanoTime() + System.currentTimeMillis() + Math.random();
  }
}
