package dengine.cli;

import dengine.api.Client;
import dengine.api.DEngineException;
import dengine.api.Member;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Asks all nodes of a cluster for their state, once or again and again: the endpoints given, and
/// every member that one of them knows. One thread's.
final class ClusterLook implements AutoCloseable {

  // A node that lives answers in milliseconds; waiting longer would only keep people waiting.
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final Connector connector;
  private final Target.Found found;
  private final Duration wait;
  private @Nullable Client client;

  /// Numbers by address, as of the last time somebody said who the members are.
  private Map<String, Integer> ids = Map.of();

  /// @param timeout longest time to wait for an answer, if it is less than two seconds
  ClusterLook(Connector connector, Target.Found found, Duration timeout) {
    this.connector = connector;
    this.found = found;
    this.wait = timeout.compareTo(LONGEST_WAIT) < 0 ? timeout : LONGEST_WAIT;
  }

  /// What the nodes say now.
  ClusterView take() {
    try {
      ids = members();
    } catch (DEngineException e) {
      // Nobody to ask: the reports say about each address why.
    }
    Set<String> addresses = new LinkedHashSet<>(ids.keySet());
    addresses.addAll(found.endpoints());
    return ClusterView.of(connector.status(List.copyOf(addresses), wait), ids);
  }

  private Map<String, Integer> members() {
    Client asked = client;
    if (asked == null) {
      asked = connector.connect(found.endpoints(), wait);
      client = asked;
    }
    Map<String, Integer> members = new LinkedHashMap<>();
    for (Member member : asked.members()) {
      if (!member.address().isEmpty()) {
        members.put(member.address(), member.id());
      }
    }
    return members;
  }

  @Override
  public void close() {
    Client opened = client;
    if (opened != null) {
      opened.close();
    }
  }
}
