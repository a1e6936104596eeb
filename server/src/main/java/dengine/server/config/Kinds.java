package dengine.server.config;

import dengine.server.config.Kind.Unfit;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The plain kinds of values; [Quantities] has those with units, [InitialCluster] the members.
final class Kinds {

  private Kinds() {}

  /// A whole number.
  record Whole(int min, int max) implements Kind<Integer> {
    @Override
    public Integer parse(Object raw) throws Unfit {
      long number = wholeNumber(raw);
      if (number < min || number > max) {
        throw new Unfit("out of range");
      }
      return (int) number;
    }

    @Override
    public String permitted() {
      return "a whole number from " + min + " to " + max;
    }

    @Override
    public String toml(Integer value) {
      return value.toString();
    }
  }

  /// A fraction, `min` included and `below` not.
  record Fraction(double min, double below) implements Kind<Double> {
    @Override
    public Double parse(Object raw) throws Unfit {
      double number;
      try {
        number = raw instanceof Number given ? given.doubleValue() : Double.parseDouble(text(raw));
      } catch (NumberFormatException e) {
        throw new Unfit("not a number");
      }
      if (!(number >= min && number < below)) {
        throw new Unfit("out of range");
      }
      return number;
    }

    @Override
    public String permitted() {
      return "a number from " + min + " to below " + below;
    }

    @Override
    public String toml(Double value) {
      return value.toString();
    }
  }

  /// Yes or no.
  record YesNo() implements Kind<Boolean> {
    @Override
    public Boolean parse(Object raw) throws Unfit {
      if (raw instanceof Boolean given) {
        return given;
      }
      return switch (text(raw).toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> throw new Unfit("");
      };
    }

    @Override
    public String permitted() {
      return "true or false";
    }

    @Override
    public String toml(Boolean value) {
      return value.toString();
    }
  }

  /// One of several names; case does not matter.
  record Choice<E extends Enum<E>>(Map<E, String> names) implements Kind<E> {
    @Override
    public E parse(Object raw) throws Unfit {
      String given = text(raw);
      for (Map.Entry<E, String> name : names.entrySet()) {
        if (name.getValue().equalsIgnoreCase(given)) {
          return name.getKey();
        }
      }
      throw new Unfit("");
    }

    @Override
    public String permitted() {
      return names.values().stream().map(Kind::quoted).collect(Collectors.joining(", "));
    }

    @Override
    public String toml(E value) {
      return Kind.quoted(names.getOrDefault(value, value.name()));
    }
  }

  /// Where to listen, or where somebody is reached.
  record Address(int minPort) implements Kind<HostPort> {
    @Override
    public HostPort parse(Object raw) throws Unfit {
      HostPort parsed;
      try {
        parsed = HostPort.parse(text(raw));
      } catch (IllegalArgumentException e) {
        throw new Unfit(String.valueOf(e.getMessage()));
      }
      if (parsed.port() < minPort) {
        throw new Unfit("port " + parsed.port() + " is out of range");
      }
      return parsed;
    }

    @Override
    public String permitted() {
      return "host:port with a port from " + minPort + " to 65535, for example \"127.0.0.1:9081\"";
    }

    @Override
    public String toml(HostPort value) {
      return Kind.quoted(value.toString());
    }
  }

  /// A folder; relative ones are seen from the working directory of the server.
  record Folder() implements Kind<Path> {
    @Override
    public Path parse(Object raw) throws Unfit {
      String given = text(raw);
      if (given.isBlank()) {
        throw new Unfit("empty");
      }
      try {
        return Path.of(given);
      } catch (InvalidPathException e) {
        throw new Unfit(e.getReason());
      }
    }

    @Override
    public String permitted() {
      return "the path of a folder that exists or can be created";
    }

    @Override
    public String toml(Path value) {
      return Kind.quoted(value.toString());
    }
  }

  /// A number of 64 bits other than 0, written in hexadecimal.
  record Identity() implements Kind<Long> {
    @Override
    public Long parse(Object raw) throws Unfit {
      long number;
      try {
        number = raw instanceof Long given ? given : Long.parseUnsignedLong(text(raw), 16);
      } catch (NumberFormatException e) {
        throw new Unfit("not hexadecimal");
      }
      if (number == 0) {
        throw new Unfit("0 means none");
      }
      return number;
    }

    @Override
    public String permitted() {
      return "1 to 16 hexadecimal digits in quotes, not 0, for example \"c0ffee\"";
    }

    @Override
    public String toml(Long value) {
      return Kind.quoted(Long.toHexString(value));
    }
  }

  /// The text that was given.
  static String text(Object raw) throws Unfit {
    if (raw instanceof String text) {
      return text.strip();
    }
    throw new Unfit("not a text");
  }

  /// The whole number that was given, as a number or as text.
  static long wholeNumber(Object raw) throws Unfit {
    if (raw instanceof Long number) {
      return number;
    }
    try {
      return Long.parseLong(text(raw));
    } catch (NumberFormatException e) {
      throw new Unfit("not a whole number");
    }
  }
}
