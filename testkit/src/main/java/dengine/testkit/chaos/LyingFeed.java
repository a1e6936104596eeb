package dengine.testkit.chaos;

import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/// A watch that is wrong now and then: what the whole run must notice, or it proves nothing.
final class LyingFeed implements Feed {

  /// One change in this many is a lie.
  private static final int RARITY = 50;

  private final Feed feed;
  private final ChaosOptions.Lie lie;
  private Optional<WatchEvent> again = Optional.empty();
  private int changes;

  LyingFeed(Feed feed, ChaosOptions.Lie lie) {
    this.feed = feed;
    this.lie = lie;
  }

  @Override
  public OptionalLong revision() {
    return feed.revision();
  }

  @Override
  public Optional<WatchEvent> poll(Duration timeout) {
    if (again.isPresent()) {
      Optional<WatchEvent> repeated = again;
      again = Optional.empty();
      return repeated;
    }
    Optional<WatchEvent> event = feed.poll(timeout);
    return switch (event.orElse(null)) {
      case WatchEvent.Change change -> tell(change);
      case WatchEvent.Canceled end
          when lie == ChaosOptions.Lie.HIDDEN_OVERFLOW && end.reason() == Reason.BUFFER_OVERFLOW ->
          Optional.empty();
      case null, default -> event;
    };
  }

  private Optional<WatchEvent> tell(WatchEvent.Change change) {
    changes++;
    if (changes % RARITY > 0) {
      return Optional.of(change);
    }
    if (lie == ChaosOptions.Lie.REPEATED_EVENT) {
      again = Optional.of(change);
    }
    return lie == ChaosOptions.Lie.LOST_EVENT ? Optional.empty() : Optional.of(change);
  }

  @Override
  public void close() {
    feed.close();
  }
}
