package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `docs/metrics.md` has every metric of a server, as it is scraped, and says which of them an
/// embedded engine has too.
final class MetricsReferenceTest {

  private static MeteredCluster cluster;

  @BeforeAll
  static void start(@TempDir Path folder) {
    cluster = MeteredCluster.start(folder);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void theReferenceListsEveryMetricAsItIsScraped() {
    String head = Document.head("name", "for Prometheus", "type", "unit", "tags", "meaning");
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put("engine", head);
    tables.put("services", head);
    tables.put("process", head);
    byName().forEach((name, meter) -> tables.merge(table(name), row(meter), String::concat));

    Document.of("docs/metrics.md", MetricsReferenceTest.class).has("metrics of", tables);
  }

  @Test
  void everyMetricSaysWhatItMeansAndWhoseItIs() {
    assertThat(cluster.meters())
        .allSatisfy(
            meter -> {
              assertThat(meter.getId().getDescription()).as(meter.getId().getName()).isNotBlank();
              assertThat(meter.getId().getTag("node")).as(meter.getId().getName()).isEqualTo("1");
            });
  }

  @Test
  void namesAreWordsWithDotsAndUnitsAreNotOfAnotherScale() {
    assertThat(cluster.meters())
        .extracting(meter -> meter.getId().getName())
        .allSatisfy(name -> assertThat(name).matches("[a-z][a-z0-9]*(\\.[a-z0-9]+)+"));
    assertThat(cluster.meters())
        .extracting(meter -> Objects.requireNonNullElse(meter.getId().getBaseUnit(), ""))
        .doesNotContain("ms", "milliseconds", "KiB", "MiB", "kilobytes");
  }

  @Test
  void everyMetricOfTheReferenceIsScraped() {
    assertThat(byName().values())
        .allSatisfy(meter -> assertThat(cluster.families()).contains(cluster.family(meter)));
  }

  @Test
  void anEmbeddedEnginesRegistryGetsAllButWhatIsOfTheServicesAndTheProcess() {
    assertThat(byName().keySet())
        .containsAll(cluster.embedded())
        .filteredOn(name -> !cluster.embedded().contains(name))
        .filteredOn(name -> name.startsWith("dengine."))
        .containsExactly("dengine.client.requests", "dengine.client.writes");
  }

  /// Whose metric it is.
  private static String table(String name) {
    if (cluster.embedded().contains(name)) {
      return "engine";
    }
    return name.startsWith("dengine.") ? "services" : "process";
  }

  private static Map<String, Meter> byName() {
    Map<String, Meter> meters = new TreeMap<>();
    cluster.meters().forEach(meter -> meters.putIfAbsent(meter.getId().getName(), meter));
    return meters;
  }

  private static String row(Meter meter) {
    Meter.Id id = meter.getId();
    String unit = Objects.requireNonNullElse(id.getBaseUnit(), "");
    return Document.row(
        "`" + id.getName() + "`",
        "`" + cluster.family(meter) + "`",
        cluster.type(meter),
        unit.isEmpty() && id.getName().endsWith(".bytes") ? "bytes" : unit,
        id.getTags().stream()
            .map(tag -> "`" + tag.getKey() + "`")
            .collect(Collectors.joining(", ")),
        Objects.requireNonNullElse(id.getDescription(), ""));
  }
}
