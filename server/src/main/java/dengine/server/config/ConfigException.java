package dengine.server.config;

import java.util.List;

/// The configuration cannot be used. Nothing was started. The message has one line per problem:
/// where (`file:line:column` or the variable), the key, its value, and what is permitted.
public final class ConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private final transient List<String> problems;

  /// @param problems at least one line, each complete in itself
  public ConfigException(List<String> problems) {
    super(String.join(System.lineSeparator(), problems));
    this.problems = List.copyOf(problems);
  }

  /// One line per problem.
  public List<String> problems() {
    return problems;
  }
}
