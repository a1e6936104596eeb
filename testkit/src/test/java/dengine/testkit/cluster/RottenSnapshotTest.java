package dengine.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.ReadPolicy;
import dengine.engine.SnapshotOptions;
import dengine.engine.SnapshotPolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A snapshot that rots while its node runs. The simulator found (seed 1000242 with keys that
/// expire in every seed) that a leader led in vain when the only one who heard it needed that
/// snapshot: nothing could be committed without it, and without that no other snapshot was taken.
@Timeout(120)
class RottenSnapshotTest {

  @TempDir Path directory;

  /// @param fromEnd where the file is damaged: at its end, which is seen when it is opened, or in
  ///     the middle, which only who reads all of it sees
  @ParameterizedTest
  @ValueSource(ints = {10, 1000})
  void aLeaderWritesItAgainForTheOneWithoutWhomNothingIsCommitted(int fromEnd) throws IOException {
    SnapshotOptions options =
        SnapshotOptions.DEFAULT.withPolicy(SnapshotPolicy.onDemand()).withRetention(1, 0, 0);
    try (Cluster cluster = Cluster.of(3).config(it -> it.withSnapshots(options)).start(directory)) {
      int leader = cluster.awaitLeader();
      int behind = leader % 3 + 1;
      int other = 6 - leader - behind;
      cluster.stop(behind);
      for (int i = 0; i < 100; i++) {
        int number = i;
        cluster.call(client -> client.put("k" + number, "v".repeat(50)));
      }
      cluster.awaitConvergence();
      assertThat(cluster.leader()).contains(leader);
      cluster.engine(leader).admin().createSnapshot();
      damage(leader, fromEnd);

      cluster
          .network()
          .between(Set.of(other), Set.of(leader, behind), MemoryNetwork.Condition.BLOCKED);
      cluster.start(behind);
      cluster.call(client -> client.put("after", "x"));

      Client late = cluster.engine(behind).client();
      Cluster.await("k99", () -> late.get(Bytes.of("k99"), ReadPolicy.EVENTUAL).isPresent());
    }
  }

  private void damage(int node, int fromEnd) throws IOException {
    Path snapshot;
    try (Stream<Path> files = Files.list(directory.resolve("node-" + node))) {
      snapshot = files.filter(file -> file.toString().endsWith(".snap")).findFirst().orElseThrow();
    }
    try (FileChannel file =
        FileChannel.open(snapshot, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      long at = file.size() - fromEnd;
      file.read(one, at);
      file.write(ByteBuffer.wrap(new byte[] {(byte) ~one.get(0)}), at);
    }
  }
}
