package dengine.cli;

import java.io.PrintWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// The `dengine` command.
final class Cli {

  static final String DEBUG_VARIABLE = "DENGINE_DEBUG";

  private Cli() {}

  /// Runs one command line to its end.
  ///
  /// @return the exit code, see [ExitCode]
  static int run(Surroundings surroundings, String... arguments) {
    PrintWriter err = new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8);
    PrintWriter out = new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8);
    CommandLine line =
        new CommandLine(Root.class, new Commands(surroundings))
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler((e, args) -> usage(e, err))
            .setExecutionExceptionHandler(
                (e, command, parsed) -> failed(e, command, surroundings, err));
    if (arguments.length == 0) {
      line.usage(err);
      return ExitCode.USAGE;
    }
    int code = line.execute(arguments);
    out.flush();
    err.flush();
    return code;
  }

  private static int usage(ParameterException e, PrintWriter err) {
    CommandLine command = e.getCommandLine();
    StringBuilder message = new StringBuilder("dengine: ").append(e.getMessage());
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      message.append("; did you mean ").append(unmatched.getSuggestions().getFirst()).append('?');
    }
    err.println(message);
    err.println("Try '" + command.getCommandSpec().qualifiedName(" ") + " --help'.");
    return ExitCode.USAGE;
  }

  private static int failed(
      Exception thrown, CommandLine command, Surroundings surroundings, PrintWriter err) {
    Failure failure = Failure.of(thrown);
    for (String line : failure.message().lines().toList()) {
      err.println("dengine: " + line);
    }
    Root root = command.getCommandSpec().root().userObject() instanceof Root r ? r : new Root();
    boolean debug = !surroundings.environment().getOrDefault(DEBUG_VARIABLE, "").isBlank();
    if (root.verbose || debug) {
      thrown.printStackTrace(err);
    }
    return failure.exitCode();
  }

  /// Makes commands; those that touch the world get it handed.
  private record Commands(Surroundings surroundings) implements IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        Class<?>[] parameters = constructor.getParameterTypes();
        if (parameters.length == 1 && parameters[0] == Surroundings.class) {
          try {
            return type.cast(constructor.newInstance(surroundings));
          } catch (InvocationTargetException e) {
            throw new IllegalStateException(type + " cannot be made", e.getCause());
          }
        }
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
