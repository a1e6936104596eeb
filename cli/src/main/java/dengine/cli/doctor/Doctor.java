package dengine.cli.doctor;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import dengine.server.config.HostPort;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Looks at everything of this machine that a node depends on.
public final class Doctor {

  private static final int JAVA = 25;
  private static final int FSYNCS = 200;
  private static final Duration LONGEST_FSYNCS = Duration.ofSeconds(10);
  // With the default election timeout of 400 ms, a disk this slow makes a leader look dead.
  private static final Duration SLOW_FSYNC = Duration.ofMillis(50);
  private static final Duration UNUSABLE_FSYNC = Duration.ofMillis(400);
  private static final int FEW_FILES = 4096;
  private static final long LITTLE_DISK_BYTES = 1L << 30;
  private static final long LITTLE_MEMORY_BYTES = 512L << 20;
  private static final int CLOCK_READS = 200_000;

  private final Path folder;
  private final HostPort listen;

  /// @param folder where a node's data is, or will be
  /// @param listen where the node listens, or will listen
  public Doctor(Path folder, HostPort listen) {
    this.folder = folder;
    this.listen = listen;
  }

  /// Everything that was found; takes a few seconds at most.
  public List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    findings.add(java());
    Optional<Path> existing = existingFolder();
    if (existing.isPresent() && Files.isWritable(existing.get())) {
      findings.add(disk(existing.get()));
      findings.add(space(existing.get()));
    } else {
      findings.add(
          Finding.failure(
              "folder", folder.toAbsolutePath() + " cannot be written: check owner and mode"));
    }
    findings.add(monotonicClock());
    findings.add(clockSource());
    findings.add(port());
    findings.add(files());
    findings.add(memory());
    return findings;
  }

  // The folder itself or, before a node's first start, the one in which it will be made.
  private Optional<Path> existingFolder() {
    Path candidate = folder.toAbsolutePath();
    while (candidate != null && !Files.isDirectory(candidate)) {
      candidate = candidate.getParent();
    }
    return Optional.ofNullable(candidate);
  }

  private static Finding java() {
    int version = Runtime.version().feature();
    String found = System.getProperty("java.vendor") + " " + Runtime.version();
    return version >= JAVA
        ? Finding.ok("java", found)
        : Finding.failure("java", found + ": needs " + JAVA + " or newer, set DENGINE_JAVA_HOME");
  }

  private static Finding disk(Path where) {
    FsyncTimes times;
    try {
      times = FsyncTimes.measure(where, FSYNCS, LONGEST_FSYNCS);
    } catch (IOException e) {
      return Finding.failure("fsync", "writing in " + where + " failed: " + e.getMessage());
    }
    String measured =
        String.format(
            Locale.ROOT,
            "median %.2f ms, p99 %.2f ms, %.0f per second (4 KiB in %s)",
            times.median().toNanos() / 1e6,
            times.p99().toNanos() / 1e6,
            times.perSecond(),
            where);
    if (times.p99().compareTo(UNUSABLE_FSYNC) > 0) {
      return Finding.failure(
          "fsync", measured + ": slower than an election timeout; use another disk or raise it");
    }
    if (times.p99().compareTo(SLOW_FSYNC) > 0) {
      return Finding.warning("fsync", measured + ": slow; raise election_timeout_min");
    }
    return Finding.ok("fsync", measured);
  }

  private static Finding space(Path where) {
    try {
      long free = Files.getFileStore(where).getUsableSpace();
      String found = mebibytes(free) + " free in " + where;
      return free >= LITTLE_DISK_BYTES
          ? Finding.ok("space", found)
          : Finding.warning("space", found + ": a log alone takes several hundred MiB");
    } catch (IOException e) {
      return Finding.warning("space", "unknown: " + e.getMessage());
    }
  }

  private static Finding monotonicClock() {
    long previous = System.nanoTime();
    long begin = previous;
    long smallest = Long.MAX_VALUE;
    for (int i = 0; i < CLOCK_READS; i++) {
      long now = System.nanoTime();
      if (now < previous) {
        return Finding.failure(
            "clock", "the monotonic clock went back by " + (previous - now) + " ns: leases break");
      }
      smallest = now > previous ? Math.min(smallest, now - previous) : smallest;
      previous = now;
    }
    return Finding.ok(
        "clock",
        "monotonic, one reading takes "
            + (previous - begin) / CLOCK_READS
            + " ns, smallest step "
            + smallest
            + " ns");
  }

  private static Finding clockSource() {
    Path file = Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    try {
      String source = Files.readString(file).strip();
      return List.of("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page")
              .contains(source)
          ? Finding.ok("clock source", source)
          : Finding.warning("clock source", source + ": slow to read; tsc or kvm-clock is better");
    } catch (IOException e) {
      return Finding.ok("clock source", "not told by this operating system");
    }
  }

  private Finding port() {
    try (ServerSocket socket =
        new ServerSocket(listen.port(), 1, InetAddress.getByName(listen.host()))) {
      return Finding.ok("port", listen.host() + ":" + socket.getLocalPort() + " is free");
    } catch (IOException e) {
      return Finding.warning(
          "port",
          listen
              + " cannot be taken ("
              + e.getMessage()
              + "): if no node of yours runs there, choose another with --listen");
    }
  }

  private static Finding files() {
    if (!(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix)) {
      return Finding.ok("open files", "no limit known on this operating system");
    }
    long limit = unix.getMaxFileDescriptorCount();
    return limit >= FEW_FILES
        ? Finding.ok("open files", "limit " + limit)
        : Finding.warning(
            "open files", "limit " + limit + ": raise it with ulimit -n " + FEW_FILES);
  }

  private static Finding memory() {
    if (!(ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system)) {
      return Finding.ok("memory", "not told by this operating system");
    }
    long total = system.getTotalMemorySize();
    String found =
        mebibytes(total)
            + ", "
            + mebibytes(system.getFreeMemorySize())
            + " unused, "
            + Runtime.getRuntime().availableProcessors()
            + " processors";
    return total >= LITTLE_MEMORY_BYTES
        ? Finding.ok("memory", found)
        : Finding.warning("memory", found + ": all keys and values live in memory");
  }

  private static String mebibytes(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
