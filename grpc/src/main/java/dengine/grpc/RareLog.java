package dengine.grpc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/// Writes a line about a peer at most once per minute and kind: a peer that connects in a loop must
/// not fill the disk with log lines.
final class RareLog {

  private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

  /// Most remembered lines; beyond it, strangers with made-up numbers share one.
  private static final int MAX_KINDS = 1000;

  private final Logger logger;
  private final ConcurrentMap<String, Long> lastLogged = new ConcurrentHashMap<>();

  RareLog(Logger logger) {
    this.logger = logger;
  }

  /// Logs a warning unless one with the same subject was logged within the last minute.
  void warn(String subject, String line) {
    log(Level.WARNING, subject, line);
  }

  /// The same for what needs nobody's attention.
  void info(String subject, String line) {
    log(Level.INFO, subject, line);
  }

  private void log(Level level, String subject, String line) {
    String key = lastLogged.size() < MAX_KINDS ? subject : "others";
    long now = System.nanoTime();
    Long before = lastLogged.get(key);
    if (before != null && now - before < PERIOD_NANOS) {
      return;
    }
    lastLogged.put(key, now);
    logger.log(level, line);
  }
}
