package dengine.client;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The servers that have no history of what a watch is to go on with, and those that do not say.
final class Refused {

  /// Who is silent so often is not waited for: somebody wants to know that a watch cannot go on.
  private static final int PATIENCE = 3;

  private final Set<String> addresses = new HashSet<>();
  private final Map<String, Integer> silences = new HashMap<>();
  private long oldest;
  private String message = "";

  /// @param itsOldest the oldest revision that it has
  /// @param why as it said it
  void by(String address, long itsOldest, String why) {
    if (addresses.isEmpty() || itsOldest <= oldest) {
      oldest = itsOldest;
      message = why;
    }
    addresses.add(address);
  }

  /// A server could not be asked.
  void silent(String address) {
    silences.merge(address, 1, Integer::sum);
  }

  /// Whether one has refused.
  boolean byAny() {
    return !addresses.isEmpty();
  }

  /// Whether one has refused, and no other is to be waited for.
  boolean byAll(List<String> servers) {
    return !addresses.isEmpty()
        && servers.stream()
            .allMatch(
                server ->
                    addresses.contains(server) || silences.getOrDefault(server, 0) >= PATIENCE);
  }

  /// The oldest revision that any of them has.
  long oldest() {
    return oldest;
  }

  /// What the one that has it said.
  String message() {
    return message;
  }

  /// A server has it.
  void clear() {
    addresses.clear();
    silences.clear();
  }
}
