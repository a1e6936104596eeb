package dengine.server.config;

import java.time.Duration;
import java.util.List;

/// How a server gets into a cluster that is there.
///
/// @param seeds members of it, any of them will do
/// @param readOnly whether the node stays a learner for ever
/// @param replaces a member that leaves when this node gets its vote; 0 for none
/// @param timeout longest time until a member must have taken the node in
public record JoinSettings(List<HostPort> seeds, boolean readOnly, int replaces, Duration timeout) {
  public JoinSettings {
    seeds = List.copyOf(seeds);
  }
}
