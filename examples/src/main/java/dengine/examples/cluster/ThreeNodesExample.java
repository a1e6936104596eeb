package dengine.examples.cluster;

import dengine.api.KeyValue;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Three embedded nodes, here in one process; the one that leads goes, and another leads.
final class ThreeNodesExample {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private ThreeNodesExample() {}

  public static void main(String[] ports) {
    List<MemberAddress> members = new ArrayList<>();
    for (int id = 1; id <= 3; id++) {
      members.add(MemberAddress.voter(id, "127.0.0.1:" + ports[id - 1]));
    }
    List<EmbeddedEngine> nodes = new ArrayList<>();
    try {
      for (int id = 1; id <= 3; id++) {
        nodes.add(EmbeddedEngine.start(EngineConfig.of(id, members, Path.of("data-" + id))));
      }
      EmbeddedEngine first = leader(nodes);
      first.client().put("greeting", "hello");
      first.close();
      nodes.remove(first);

      EmbeddedEngine second = leader(nodes);
      String text = second.client().get("greeting").map(KeyValue::text).orElse("nothing");
      System.out.println(text + " without node " + first.nodeId());
    } finally {
      nodes.forEach(EmbeddedEngine::close);
    }
  }

  /// Every node knows who leads.
  private static EmbeddedEngine leader(List<EmbeddedEngine> nodes) {
    while (true) {
      int leader = nodes.getFirst().waitReady(PATIENCE).id();
      for (EmbeddedEngine node : nodes) {
        if (node.nodeId() == leader && node.isLeader()) {
          return node;
        }
      }
    }
  }
}
