package dengine.bench;

/// P14: preallocated log files against growing ones.
final class LogFiles {

  private LogFiles() {}

  static void run(Options options, Report report) throws Exception {
    for (int kib : new int[] {4, 64}) {
      try (RawFile ready = RawFile.preallocated(options.dir(), kib << 10);
          RawFile growing = RawFile.growing(options.dir(), kib << 10)) {
        String suffix = ", " + kib + " KiB per sync";
        Slots slots =
            Slots.measure(
                options,
                new Side("preallocated" + suffix, ready::run),
                new Side("growing" + suffix, growing::run));
        report.atLeast(
            "P14: preallocated vs growing" + suffix,
            slots,
            "preallocated" + suffix,
            "growing" + suffix,
            kib == 4 ? 1.3 : 1.5,
            kib == 4 ? "1.41" : "1.84");
        report.absolute("syncs", slots);
      }
    }
  }
}
