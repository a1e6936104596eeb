package dengine.engine.spi;

/// Where a node takes the time from.
public interface Clock {

  /// The clock of this machine.
  Clock SYSTEM =
      new Clock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public long wallMillis() {
          return System.currentTimeMillis();
        }
      };

  /// Monotonic nanoseconds from an arbitrary origin.
  long nanoTime();

  /// Wall clock in milliseconds since 1970; may jump.
  long wallMillis();
}
