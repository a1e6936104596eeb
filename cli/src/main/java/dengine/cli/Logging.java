package dengine.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/// How log lines look and where they go: one line each, `key=value`, to standard error; results go
/// to standard output. Logback finds this class by itself when the first line is logged, so that
/// commands that log nothing do not pay for it. A file named by `-Dlogback.configurationFile`
/// replaces it.
public final class Logging extends ContextAwareBase implements Configurator {

  /// System property with the least level that is logged: `DEBUG`, `INFO`, `WARN`, `ERROR`.
  static final String LEVEL = "dengine.log.level";

  private static final String PATTERN =
      "ts=%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} level=%level thread=%thread logger=%logger{0}"
          + " %msg%n%ex";
  private static final String PLATFORM_PATTERN =
      "ts=%1$tFT%1$tT.%1$tL level=%4$s logger=%3$s msg=\"%5$s\"%6$s%n";

  /// Made by Logback.
  public Logging() {}

  /// Sets the level, if nobody did on the command line of the JVM. To be called before anything
  /// logs.
  static void level(String level) {
    if (System.getProperty(LEVEL) == null) {
      System.setProperty(LEVEL, level);
    }
  }

  /// Makes the lines of java.util.logging, which gRPC uses, look the same.
  static void platform() {
    System.setProperty("java.util.logging.SimpleFormatter.format", PLATFORM_PATTERN);
    java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (System.getProperty("logback.configurationFile") != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setName("stderr");
    console.setTarget("System.err");
    console.setEncoder(encoder);
    console.start();
    ch.qos.logback.classic.Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(System.getProperty(LEVEL), Level.WARN));
    root.addAppender(console);
    // Of libraries only what needs somebody's attention.
    context.getLogger("io.netty").setLevel(Level.WARN);
    context.getLogger("io.grpc").setLevel(Level.WARN);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
