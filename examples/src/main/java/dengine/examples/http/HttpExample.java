package dengine.examples.http;

import dengine.api.NodeState;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/// One of three nodes of the service: `HttpExample 1` answers HTTP at 8081 and its peers at 9081,
/// `HttpExample 2 redirects` at 8082 and 9082.
final class HttpExample {

  private static final int NODES = 3;

  private String told = "";

  private HttpExample() {}

  public static void main(String[] arguments) throws Exception {
    int id = Integer.parseInt(arguments[0]);
    HttpNode.Follower follower =
        arguments.length > 1 ? HttpNode.Follower.REDIRECTS : HttpNode.Follower.REFUSES;
    List<MemberAddress> members = new ArrayList<>();
    Map<Integer, URI> http = new TreeMap<>();
    for (int node = 1; node <= NODES; node++) {
      members.add(MemberAddress.voter(node, "127.0.0.1:" + (9080 + node)));
      http.put(node, URI.create("http://127.0.0.1:" + (8080 + node)));
    }
    EngineConfig config = EngineConfig.of(id, members, Path.of("data-" + id));
    CountDownLatch over = new CountDownLatch(1);
    try (EmbeddedEngine engine = EmbeddedEngine.start(config);
        HttpNode node = new HttpNode(engine, follower, http)) {
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .unstarted(
                      () -> {
                        node.close();
                        engine.close();
                      }));
      engine.lifecycle().watch(new HttpExample()::tell);
      System.out.println("node " + id + " at " + http.get(id));
      over.await();
    }
  }

  /// One call at a time. Most of what becomes of a node is of no interest here.
  private void tell(NodeState now) {
    String leader =
        now.leader().map(known -> "node " + known.id() + " leads").orElse("nobody leads");
    String line = now.isEnding() ? "this node stops" : leader;
    if (!line.equals(told)) {
      told = line;
      System.out.println(line);
    }
  }
}
