package dengine.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Measures several sides in turn, A B C A B C …, so that whatever else the machine does meets
/// all of them alike.
final class Slots {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final Map<String, double[]> figures = new LinkedHashMap<>();

  /// Microseconds of processor time per operation, all processes of the side together.
  private final Map<String, double[]> costs = new LinkedHashMap<>();

  private Slots() {}

  /// Warms each side up, then measures it in as many slots as the options say.
  static Slots measure(Options options, Side... sides) throws Exception {
    return measure(options, List.of(sides));
  }

  static Slots measure(Options options, List<Side> sides) throws Exception {
    Slots slots = new Slots();
    for (Side side : sides) {
      side.load().run(options.warmUp());
      slots.figures.put(side.name(), new double[options.slots()]);
      slots.costs.put(side.name(), new double[options.slots()]);
    }
    for (int i = 0; i < options.slots(); i++) {
      for (Side side : sides) {
        slots.measure(side, options.slot(), i);
      }
    }
    slots.print();
    return slots;
  }

  private void measure(Side side, Duration time, int slot) throws Exception {
    long start = System.nanoTime();
    long cpu = cpuNanos(side);
    double rate = side.load().run(time);
    double operations = rate * (System.nanoTime() - start) / 1e9;
    of(figures, side.name())[slot] = rate;
    of(costs, side.name())[slot] = (cpuNanos(side) - cpu) / 1e3 / operations;
  }

  private static long cpuNanos(Side side) {
    return SYSTEM.getProcessCpuTime() + side.helpers().get().toNanos();
  }

  private void print() {
    figures.forEach(
        (name, values) ->
            System.out.printf(
                "    %-42s %9s  %7.2f us cpu  %s%n",
                name,
                Report.rate(median(values)),
                cost(name),
                Arrays.stream(values).mapToObj(Report::rate).toList()));
  }

  /// The median of a side, in operations per second.
  double median(String side) {
    return median(of(figures, side));
  }

  /// The median of a side's microseconds of processor time per operation, all its processes
  /// together.
  double cost(String side) {
    return median(of(costs, side));
  }

  /// The ratio of two sides: the median of the slots' ratios, each of two neighbours in time.
  double ratio(String of, String to) {
    double[] above = of(figures, of);
    double[] below = of(figures, to);
    double[] ratios = new double[above.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = above[i] / below[i];
    }
    return median(ratios);
  }

  List<String> sides() {
    return new ArrayList<>(figures.keySet());
  }

  private static double[] of(Map<String, double[]> all, String side) {
    double[] values = all.get(side);
    if (values == null) {
      throw new IllegalArgumentException("no side " + side + " among " + all.keySet());
    }
    return values;
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
