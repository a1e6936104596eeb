package planted.raft;

import java.time.Duration;
import java.util.TreeMap;

/// No mistake at all: no rule may complain about it.
public final class Pure {
  private final TreeMap<Long, Duration> periods = new TreeMap<>();

  public Duration period(long term) {
    return periods.getOrDefault(term, Duration.ZERO);
  }
}
