package dengine.client;

import com.google.protobuf.ByteString;
import dengine.proto.v1.Record;
import java.io.IOException;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Several [FakeNode]s over one store, one of which leads.
final class FakeCluster implements AutoCloseable {

  final Map<ByteString, Record> store =
      new TreeMap<>(Comparator.comparing(ByteString::toStringUtf8));
  final Map<Integer, FakeNode> nodes = new TreeMap<>();
  volatile long id = 7;
  volatile int leader = 1;

  /// Whether refusals name the leader.
  volatile boolean hints = true;

  /// Whether the nodes know each other by other addresses than the client.
  volatile boolean internalAddresses;

  /// The largest value, as servers say it; 0 if they do not.
  volatile int maxValueBytes;

  long revision;

  FakeCluster(int size) throws IOException {
    for (int id = 1; id <= size; id++) {
      nodes.put(id, new FakeNode(id, this));
    }
  }

  FakeNode node(int id) {
    return nodes.get(id);
  }

  String advertised(FakeNode node) {
    return internalAddresses ? "node-" + node.id + ".invalid:1" : node.address();
  }

  String endpoints() {
    return nodes.values().stream().map(FakeNode::address).collect(Collectors.joining(","));
  }

  @Override
  public void close() {
    nodes.values().forEach(FakeNode::close);
  }
}
