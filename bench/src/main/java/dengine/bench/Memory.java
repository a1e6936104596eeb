package dengine.bench;

import com.sun.management.ThreadMXBean;
import dengine.api.Bytes;
import dengine.api.ReadPolicy;
import dengine.bench.Cluster.Durability;
import dengine.embedded.EmbeddedClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// P15, P17, P18: pauses, heap and garbage.
final class Memory {

  private static final Pattern PAUSE = Pattern.compile("\\[(\\d+)ms\\].*Pause .* (\\d+[.,]\\d+)ms");
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Memory() {}

  static void run(Options options, Report report) throws Exception {
    pauses(options, report);
    footprint(report);
    garbage(options, report);
  }

  private static void pauses(Options options, Report report) throws IOException {
    Path dir = Files.createTempDirectory(options.dir(), "memory");
    String time = options.slot().multipliedBy(options.slots()).toString();
    double[] ours = pauses(dir.resolve("engine.log"), List.of("engine", time, dir.toString()));
    double[] objects = pauses(dir.resolve("objects.log"), List.of("objects", time));
    Cluster.delete(dir);
    String how =
        "%.1f ms (%.0f pauses) / %.1f ms (%.0f pauses)"
            .formatted(ours[0], ours[1], objects[0], objects[1]);
    report.atMost(
        "P15: longest G1 pause, 1 M keys, 2 GiB heap, under updates", ours[0], " ms", 15, "5", how);
    report.atMost("P15: the same vs values as objects", ours[0] / objects[0], "", 0.2, "0.05", how);
  }

  /// The longest pause in milliseconds, and their number.
  private static double[] pauses(Path log, List<String> arguments) throws IOException {
    long from;
    try (Child child =
        Child.start(
            List.of("-Xms2g", "-Xmx2g", "-XX:+UseG1GC", "-Xlog:gc:file=" + log + ":uptimemillis"),
            MemoryMain.class,
            arguments)) {
      from = Long.parseLong(child.line());
      System.out.println(
          "    " + arguments.getFirst() + ": " + Report.rate(Double.parseDouble(child.line())));
    }
    double[] result = new double[2];
    for (String line : Files.readAllLines(log)) {
      Matcher pause = PAUSE.matcher(line);
      if (pause.find() && Long.parseLong(pause.group(1)) > from) {
        result[0] = Math.max(result[0], Double.parseDouble(pause.group(2).replace(',', '.')));
        result[1]++;
      }
    }
    if (result[1] == 0) {
      throw new IOException("no pause was seen, see " + log);
    }
    return result;
  }

  private static void footprint(Report report) throws IOException {
    try (Child child = Child.start(List.of("-Xmx2g"), MemoryMain.class, List.of("footprint"))) {
      report.atMost(
          "P17: heap per key beyond key and value, 1 M keys",
          Double.parseDouble(child.line()),
          " B",
          100,
          "83-103 (objects)",
          "store, after a full collection");
    }
  }

  private static void garbage(Options options, Report report) throws Exception {
    Bytes[] keys = Payload.keys(options.keys());
    try (Cluster cluster = Cluster.three(options, Durability.PAGE_CACHE)) {
      EmbeddedClient client = cluster.client();
      cluster.led(LocalReads.fill(client, keys)).run(Duration.ZERO);
      double write = allocated(options, cluster.led(Writes.blocking(client, options, 100)));
      double read =
          allocated(
              options,
              cluster.led(
                  Callers.virtual(
                      100, keys.length, key -> client.get(keys[key], ReadPolicy.LEASE))));
      report.atMost(
          "P18: garbage per write on the leader",
          write,
          " B",
          200,
          "not measured",
          "of which the command, once: " + commandBytes(keys[0]) + " B");
      report.atMost(
          "P18: garbage per lease read",
          read,
          " B",
          0,
          "not measured",
          "of which the answer's copy of the value: " + (Payload.VALUE_BYTES + 16) + " B");
    }
  }

  private static int commandBytes(Bytes key) {
    return new dengine.kv.Command.Put(key, Payload.VALUE).encode().length + 16;
  }

  private static double allocated(Options options, Side.Load load) throws Exception {
    load.run(options.warmUp());
    long before = THREADS.getTotalThreadAllocatedBytes();
    long start = System.nanoTime();
    double rate = load.run(options.slot());
    double operations = rate * (System.nanoTime() - start) / 1e9;
    return (THREADS.getTotalThreadAllocatedBytes() - before) / operations;
  }
}
