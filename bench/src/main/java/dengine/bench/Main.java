package dengine.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs benchmarks by name. See `docs/performance.md`.
public final class Main {

  @FunctionalInterface
  private interface Benchmark {
    void run(Options options, Report report) throws Exception;
  }

  private static final Map<String, Benchmark> ALL = new LinkedHashMap<>();

  static {
    ALL.put("single", SingleNode::run);
    ALL.put("three", ThreeNodes::run);
    ALL.put("local-reads", LocalReads::run);
    ALL.put("quorum-reads", QuorumReads::run);
    ALL.put("grpc", OverGrpc::run);
    ALL.put("files", LogFiles::run);
    ALL.put("memory", Memory::run);
    ALL.put("snapshot", Snapshots::run);
    ALL.put("expiry", Expiry::run);
    ALL.put("watch", Watching::run);
    ALL.put("idle", IdleCluster::run);
  }

  private Main() {}

  /// Runs one benchmark, or all.
  ///
  /// @param args a benchmark's name or `all`, then options
  public static void main(String[] args) throws Exception {
    if (args.length == 0 || !(ALL.containsKey(args[0]) || args[0].equals("all"))) {
      System.err.println("usage: bench/run all|" + String.join("|", ALL.keySet()) + " [--slots N]");
      System.err.println("  [--slot-seconds S] [--warm-up-seconds S] [--dir PATH] [--keys N]");
      System.err.println("  [--in-jvm] [--report FILE]");
      System.exit(64);
    }
    List<String> rest = new ArrayList<>(Arrays.asList(args).subList(1, args.length));
    Path file = reportFile(rest);
    Options options = Options.parse(rest);
    Report report = new Report("bench/run " + String.join(" ", args));
    for (Map.Entry<String, Benchmark> each : ALL.entrySet()) {
      if (args[0].equals("all") || args[0].equals(each.getKey())) {
        System.out.printf("%s (load %.1f)%n", each.getKey(), Report.load());
        each.getValue().run(options, report);
      }
    }
    report.finish(file);
    System.exit(0);
  }

  private static @Nullable Path reportFile(List<String> rest) {
    int at = rest.indexOf("--report");
    if (at < 0 || at + 1 == rest.size()) {
      return null;
    }
    rest.remove(at);
    return Path.of(rest.remove(at));
  }
}
