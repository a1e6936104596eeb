package dengine.testkit.chaos;

import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import java.util.List;

/// What became of somebody's watches, one after the other.
///
/// @param resumed how many told changes after they had begun by revision where the one before ended
/// @param anew how many began with another scan
/// @param overflows how many were ended because they were not read as fast as they were told
/// @param broken how many ended because of a failure, or of the server's end
record Turns(int resumed, int anew, int overflows, int broken) {

  /// A kind of them.
  enum Kind {
    RESUMED,
    ANEW,
    OVERFLOW,
    BROKEN
  }

  static Turns of(List<Segment> segments) {
    int resumed = 0;
    int scans = 0;
    int overflows = 0;
    int broken = 0;
    for (Segment segment : segments) {
      boolean scanned = segment.base().isPresent();
      scans += scanned ? 1 : 0;
      resumed += scanned || segment.changes().isEmpty() ? 0 : 1;
      overflows += wasTold(segment, Reason.BUFFER_OVERFLOW) ? 1 : 0;
      broken += segment.end() == Segment.End.BROKE || wasTold(segment, Reason.STOPPED) ? 1 : 0;
    }
    return new Turns(resumed, Math.max(0, scans - 1), overflows, broken);
  }

  private static boolean wasTold(Segment segment, Reason reason) {
    return segment.events().stream()
        .anyMatch(event -> event instanceof WatchEvent.Canceled end && end.reason() == reason);
  }

  int count(Kind kind) {
    return switch (kind) {
      case RESUMED -> resumed;
      case ANEW -> anew;
      case OVERFLOW -> overflows;
      case BROKEN -> broken;
    };
  }

  Turns plus(Turns other) {
    return new Turns(
        resumed + other.resumed,
        anew + other.anew,
        overflows + other.overflows,
        broken + other.broken);
  }

  @Override
  public String toString() {
    return "resumed=%d anew=%d overflows=%d broken=%d".formatted(resumed, anew, overflows, broken);
  }
}
