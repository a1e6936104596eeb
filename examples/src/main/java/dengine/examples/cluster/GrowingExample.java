package dengine.examples.cluster;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.ClusterMembership;
import dengine.api.KeyValue;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.Join;
import dengine.embedded.MemberAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// A node that is alone becomes three, without a pause.
final class GrowingExample {

  private GrowingExample() {}

  public static void main(String[] ports) throws InterruptedException {
    String one = "127.0.0.1:" + ports[0];
    String two = "127.0.0.1:" + ports[1];
    String three = "127.0.0.1:" + ports[2];
    EngineConfig founder =
        EngineConfig.of(1, List.of(MemberAddress.voter(1, one)), Path.of("data-1"));
    try (EmbeddedEngine first = EmbeddedEngine.start(founder)) {
      first.waitReady(Duration.ofSeconds(10));
      first.client().put("greeting", "hello");
      BlockingQueue<ClusterMembership> changes = new LinkedBlockingQueue<>();
      // A node joins through any member, and gets a vote when it has caught up.
      try (Admin.Watching _ = first.admin().watchMembership(changes::add);
          EmbeddedEngine second =
              EmbeddedEngine.start(
                  EngineConfig.joining(2, two, Join.through(one), Path.of("data-2")));
          EmbeddedEngine third =
              EmbeddedEngine.start(
                  EngineConfig.joining(3, three, Join.through(two), Path.of("data-3")))) {
        while (voters(changes.take()) < 3) {
          // Learners first; with three the number of voters is odd again.
        }
        third.waitReady(Duration.ofSeconds(10));
        second.admin().listMembers().members().forEach(GrowingExample::tell);
        first.client().put("greeting", "hello from three");
        System.out.println(first.client().get("greeting").map(KeyValue::text).orElse("nothing"));
      }
    }
  }

  private static void tell(ClusterMember member) {
    boolean votes = member.standing() == ClusterMember.Standing.VOTER;
    System.out.println(
        "node " + member.id() + " at " + member.address() + (votes ? " votes" : " learns"));
  }

  private static long voters(ClusterMembership membership) {
    return membership.members().stream()
        .filter(member -> member.standing() == ClusterMember.Standing.VOTER)
        .count();
  }
}
