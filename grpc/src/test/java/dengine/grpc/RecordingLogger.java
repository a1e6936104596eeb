package dengine.grpc;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;

/// Keeps each line with its level before it. Owned by one thread.
final class RecordingLogger implements System.Logger {

  final List<String> lines = new ArrayList<>();

  @Override
  public String getName() {
    return "recording";
  }

  @Override
  public boolean isLoggable(Level level) {
    return true;
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
    lines.add(level + " " + message);
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... params) {
    lines.add(level + " " + format);
  }
}
