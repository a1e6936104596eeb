package dengine.server.config;

/// Where a setting's value comes from. Later variants win over earlier ones.
public sealed interface Origin {

  /// Nobody said anything: the built-in default.
  record BuiltIn() implements Origin {
    @Override
    public String toString() {
      return "default";
    }
  }

  /// A place in a configuration file; line and column count from 1.
  record InFile(String file, int line, int column) implements Origin {
    @Override
    public String toString() {
      return file + ":" + line + ":" + column;
    }
  }

  /// An environment variable.
  record InEnvironment(String variable) implements Origin {
    @Override
    public String toString() {
      return "environment variable " + variable;
    }
  }

  /// The program that starts the server, or its command line.
  record InProgram(String what) implements Origin {
    @Override
    public String toString() {
      return what;
    }
  }
}
