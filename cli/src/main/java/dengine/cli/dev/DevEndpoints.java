package dengine.cli.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where the development cluster of this user is: a small file that `dengine dev` writes while it
/// runs, so that commands in another terminal find it without being told.
///
/// @param processId the process that runs the cluster; when it is gone the file is stale
/// @param endpoints where its nodes listen
/// @param folder where its data is
public record DevEndpoints(long processId, List<String> endpoints, Path folder) {

  public DevEndpoints {
    endpoints = List.copyOf(endpoints);
  }

  /// The file: `dengine/dev` in `XDG_STATE_HOME`, by default `~/.local/state`.
  public static Path file(Map<String, String> environment) {
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    Path base =
        state.isBlank()
            ? Path.of(environment.getOrDefault("HOME", "."), ".local", "state")
            : Path.of(state);
    return base.resolve("dengine").resolve("dev");
  }

  /// The cluster that runs now, if one does.
  public static Optional<DevEndpoints> running(Map<String, String> environment) {
    return read(file(environment)).filter(DevEndpoints::isRunning);
  }

  /// Announces this cluster; the latest one wins.
  public void publish(Map<String, String> environment) throws IOException {
    Path file = file(environment);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path fresh = file.resolveSibling("dev." + processId);
    Files.writeString(fresh, processId + "\n" + String.join(",", endpoints) + "\n" + folder + "\n");
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /// Takes the announcement back, unless another cluster has made its own since.
  ///
  /// @param before the cluster that was announced until then; it is again if it runs still
  public void withdraw(Map<String, String> environment, Optional<DevEndpoints> before)
      throws IOException {
    Path file = file(environment);
    if (read(file).filter(now -> now.processId() == processId).isPresent()) {
      if (before.filter(DevEndpoints::isRunning).isPresent()) {
        before.get().publish(environment);
      } else {
        Files.deleteIfExists(file);
      }
    }
  }

  private boolean isRunning() {
    return ProcessHandle.of(processId).map(ProcessHandle::isAlive).orElse(false);
  }

  private static Optional<DevEndpoints> read(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      return Optional.of(
          new DevEndpoints(
              Long.parseLong(lines.get(0)),
              List.of(lines.get(1).split(",")),
              Path.of(lines.get(2))));
    } catch (IOException | RuntimeException e) {
      // Not there, or written by something else: as good as none.
      return Optional.empty();
    }
  }
}
