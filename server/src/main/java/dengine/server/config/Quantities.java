package dengine.server.config;

import dengine.server.config.Kind.Unfit;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Values with units: durations and sizes.
final class Quantities {

  private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) *([A-Za-zµ]*)");

  private Quantities() {}

  private record Unit(String name, long factor) {}

  // In nanoseconds, largest first: the first that divides a value is the one it is written in.
  private static final List<Unit> TIMES =
      List.of(
          new Unit("h", 3_600_000_000_000L),
          new Unit("m", 60_000_000_000L),
          new Unit("s", 1_000_000_000L),
          new Unit("ms", 1_000_000L),
          new Unit("us", 1_000L),
          new Unit("ns", 1L));

  private static final List<Unit> SIZES =
      List.of(
          new Unit("GiB", 1L << 30),
          new Unit("MiB", 1L << 20),
          new Unit("KiB", 1L << 10),
          new Unit("GB", 1_000_000_000L),
          new Unit("MB", 1_000_000L),
          new Unit("KB", 1_000L),
          new Unit("B", 1L));

  /// A number of things.
  record Count(long min, long max) implements Kind<Long> {
    @Override
    public Long parse(Object raw) throws Unfit {
      long number = Kinds.wholeNumber(raw);
      if (number < min || number > max) {
        throw new Unfit("out of range");
      }
      return number;
    }

    @Override
    public String permitted() {
      return "a whole number from " + min + " to " + max;
    }

    @Override
    public String toml(Long value) {
      return value.toString();
    }
  }

  /// A duration; a plain number counts milliseconds, as in the original's files.
  record Period(Duration min, Duration max) implements Kind<Duration> {
    @Override
    public Duration parse(Object raw) throws Unfit {
      Duration given = Duration.ofNanos(amount(raw, TIMES, 1_000_000L, "ns, us, ms, s, m or h"));
      if (given.compareTo(min) < 0 || given.compareTo(max) > 0) {
        throw new Unfit("out of range");
      }
      return given;
    }

    @Override
    public String permitted() {
      return written(min.toNanos(), TIMES)
          + " to "
          + written(max.toNanos(), TIMES)
          + ", for example \"500ms\" or 500 (milliseconds)";
    }

    @Override
    public String toml(Duration value) {
      return Kind.quoted(written(value));
    }
  }

  /// A number of bytes; a plain number counts bytes.
  record Size(long min, long max) implements Kind<Long> {
    @Override
    public Long parse(Object raw) throws Unfit {
      long given = amount(raw, SIZES, 1L, "B, KiB, MiB, GiB, KB, MB or GB");
      if (given < min || given > max) {
        throw new Unfit("out of range");
      }
      return given;
    }

    @Override
    public String permitted() {
      return written(min, SIZES)
          + " to "
          + written(max, SIZES)
          + ", for example "
          + Kind.quoted(written(example(), SIZES))
          + " or "
          + example()
          + " (bytes)";
    }

    private long example() {
      long large = 64 << 20;
      return large <= max ? large : Math.min(max, 1 << 20);
    }

    @Override
    public String toml(Long value) {
      return Kind.quoted(written(value, SIZES));
    }
  }

  /// A duration in the largest unit that divides it.
  static String written(Duration duration) {
    return written(duration.toNanos(), TIMES);
  }

  private static long amount(Object raw, List<Unit> units, long plain, String known) throws Unfit {
    if (raw instanceof Long number) {
      return whole(BigDecimal.valueOf(number), plain);
    }
    Matcher parts = FORM.matcher(Kinds.text(raw));
    if (!parts.matches()) {
      throw new Unfit("not a number with a unit");
    }
    String unit = parts.group(2).toLowerCase(Locale.ROOT).replace('µ', 'u');
    long factor = unit.isEmpty() ? plain : factor(unit, units, known);
    return whole(new BigDecimal(parts.group(1)), factor);
  }

  private static long factor(String unit, List<Unit> units, String known) throws Unfit {
    for (Unit candidate : units) {
      if (candidate.name().equalsIgnoreCase(unit)) {
        return candidate.factor();
      }
    }
    throw new Unfit("unknown unit " + unit + ", known: " + known);
  }

  private static long whole(BigDecimal number, long factor) throws Unfit {
    try {
      return number.multiply(BigDecimal.valueOf(factor)).longValueExact();
    } catch (ArithmeticException e) {
      throw new Unfit("out of range");
    }
  }

  private static String written(long amount, List<Unit> units) {
    for (Unit unit : units) {
      if (amount >= unit.factor() && amount % unit.factor() == 0) {
        return amount / unit.factor() + unit.name();
      }
    }
    return amount + units.getLast().name();
  }
}
