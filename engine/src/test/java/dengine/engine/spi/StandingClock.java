package dengine.engine.spi;

/// Time that passes only when a test says so.
final class StandingClock implements Clock {

  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public long wallMillis() {
    return 0;
  }
}
