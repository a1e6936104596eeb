package dengine.grpc;

import java.util.ResourceBundle;

/// Writes nothing: a model checker would have to run all that a real one does.
final class SilentLogger implements System.Logger {

  @Override
  public String getName() {
    return "silent";
  }

  @Override
  public boolean isLoggable(Level level) {
    return false;
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {}

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... params) {}
}
