package dengine.bench;

import dengine.api.DEngineException;
import dengine.embedded.EmbeddedEngine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A node in a process of its own, until its input ends.
final class NodeMain {

  private NodeMain() {}

  static Child start(
      int id, String addresses, Path dir, Cluster.Durability durability, Duration election)
      throws IOException {
    Child child =
        Child.start(
            List.of("-Xmx2g"),
            NodeMain.class,
            List.of(
                Integer.toString(id),
                addresses,
                dir.toString(),
                durability.name(),
                election.toString()));
    child.line();
    return child;
  }

  public static void main(String[] args) throws IOException {
    Cluster.Durability durability = Cluster.Durability.valueOf(args[3]);
    try (EmbeddedEngine engine =
            EmbeddedEngine.start(
                Cluster.config(
                    Integer.parseInt(args[0]),
                    args[1],
                    Path.of(args[2]),
                    durability,
                    Duration.parse(args[4])));
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println("started");
      while (input.readLine() != null) {
        yieldTo1(engine);
        System.out.println("done");
      }
    }
  }

  /// Gives leadership to node 1 if this node has it.
  static void yieldTo1(EmbeddedEngine engine) {
    try {
      if (engine.isLeader()) {
        engine.transferLeadership(1);
      }
    } catch (DEngineException notNow) {
      System.err.println("not handed over: " + notNow.getMessage());
    }
  }
}
