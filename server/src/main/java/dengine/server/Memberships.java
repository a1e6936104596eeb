package dengine.server;

import dengine.api.Admin;
import dengine.api.ClusterMembership;
import dengine.embedded.EmbeddedEngine;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Writes every change of the members into the log, as it is committed: what an operator looks for
/// afterwards.
final class Memberships implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Memberships.class.getName());

  private final EmbeddedEngine engine;
  private Admin.@Nullable Watching watching;

  Memberships(EmbeddedEngine engine) {
    this.engine = engine;
  }

  void start() {
    watching =
        engine
            .admin()
            .watchMembership(
                members ->
                    LOG.log(
                        System.Logger.Level.INFO,
                        "event=members node={0} index={1} members={2}",
                        String.valueOf(engine.nodeId()),
                        String.valueOf(members.index()),
                        text(members)));
  }

  /// Each member with its standing and address.
  static String text(ClusterMembership membership) {
    return membership.members().stream()
        .map(
            member ->
                member.id()
                    + "="
                    + member.address()
                    + "("
                    + member.standing().name().toLowerCase(Locale.ROOT)
                    + ")")
        .collect(Collectors.joining(","));
  }

  @Override
  public void close() {
    Admin.Watching present = watching;
    if (present != null) {
      present.close();
    }
  }
}
