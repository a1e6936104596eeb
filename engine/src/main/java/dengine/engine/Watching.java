package dengine.engine;

/// Somebody is being told.
public interface Watching extends AutoCloseable {

  /// No call begins afterwards.
  @Override
  void close();
}
