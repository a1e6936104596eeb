package dengine.api;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// How far one node has taken another one's place.
///
/// @param complete whether the new node has its vote and the old one is gone. Otherwise the new one
///     is a learner that is still catching up: it goes on by itself, and the old one keeps its vote
///     until then
/// @param membership what was seen last
public record Replacement(boolean complete, ClusterMembership membership) {

  /// Waits until the new node has taken its place, or the time is over.
  static Replacement await(Admin admin, int oldId, int newId, Duration atMost) {
    CompletableFuture<ClusterMembership> done = new CompletableFuture<>();
    Admin.Watching watching =
        admin.watchMembership(
            now -> {
              if (isOver(now, oldId, newId)) {
                done.complete(now);
              }
            });
    try (watching) {
      return new Replacement(true, done.get(Math.max(1, atMost.toNanos()), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return new Replacement(false, admin.listMembers());
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OutcomeUnknownException("interrupted while one node takes another one's place", e);
    }
  }

  private static boolean isOver(ClusterMembership now, int oldId, int newId) {
    return now.member(oldId).isEmpty()
        && now.member(newId)
            .filter(member -> member.standing() == ClusterMember.Standing.VOTER)
            .isPresent();
  }
}
