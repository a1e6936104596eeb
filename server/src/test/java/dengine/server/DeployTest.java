package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.server.config.ClusterMember;
import dengine.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// What `deploy/` offers to operators goes with the program: the queries ask for metrics that there
/// are, the configuration can be used.
final class DeployTest {

  private static final Path DEPLOY = Document.repository().resolve("deploy");

  /// Prometheus' own; it says whether a target could be scraped.
  private static final String UP = "up";

  private static final Set<String> LABELS = Set.of("job", "instance", "node", "peer");

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
  void everyAlertAsksForMetricsThatThereAre() throws IOException {
    List<Map<String, Object>> rules = rules();

    assertThat(rules).hasSizeGreaterThan(10);
    assertThat(rules)
        .allSatisfy(rule -> assertAsksForWhatIsThere(rule.get("alert"), rule.get("expr")));
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatToDo() throws IOException {
    assertThat(rules())
        .allSatisfy(
            rule -> {
              assertThat(rule.get("labels")).asString().containsPattern("critical|warning");
              assertThat(rule.get("annotations")).asString().contains("summary=", "description=");
              assertThat(labels(rule.get("annotations").toString())).isSubsetOf(LABELS);
            })
        .extracting(rule -> rule.get("alert"))
        .doesNotHaveDuplicates();
  }

  @Test
  void everyPanelAsksForMetricsThatThereAre() throws IOException {
    List<Map<String, Object>> panels = panels();

    assertThat(panels).hasSizeGreaterThan(20);
    for (Map<String, Object> panel : panels) {
      for (Map<String, Object> target : maps(panel.getOrDefault("targets", List.of()))) {
        assertAsksForWhatIsThere(panel.get("title"), target.get("expr"));
      }
    }
    assertThat(panels).extracting(panel -> panel.get("id")).doesNotHaveDuplicates();
  }

  @Test
  void theDashboardIsJsonInItsPlainestForm() throws IOException {
    String text = Files.readString(DEPLOY.resolve("grafana-dashboard.json"));

    assertThat(text).isEqualTo(json(yaml(text), "\n") + "\n");
  }

  @Test
  void aQueryForAMetricThatIsGoneIsNoticed() {
    assertThat(unknown("rate(dengine_raft_trem{job=\"a\"}[1m]) > 0"))
        .containsExactly("dengine_raft_trem");
    assertThat(unknown("sum by (job) (rate(other_total{reason=~\"x|y\"}[5m])) or up == 0"))
        .containsExactly("other_total");
  }

  @Test
  void theSampleConfigurationStartsEachOfItsThreeNodes() {
    for (int id = 1; id <= 3; id++) {
      ServerConfig config =
          ServerConfig.builder()
              .file(DEPLOY.resolve("dengine.toml"))
              .environment(Map.of("DENGINE__CLUSTER__NODE_ID", String.valueOf(id)))
              .build();

      assertThat(config.nodeId()).isEqualTo(id);
      assertThat(config.warnings()).isEmpty();
      assertThat(config.members()).extracting(ClusterMember::id).containsExactly(1, 2, 3);
      assertThat(config.dataDir()).isEqualTo(Path.of("/var/lib/dengine/data"));
    }
  }

  @Test
  void theUnitStartsTheServerWithThatConfigurationAndLeavesANodeInTroubleStopped()
      throws IOException {
    List<String> unit = Files.readAllLines(DEPLOY.resolve("dengine.service"));

    assertThat(unit)
        .contains("[Unit]", "[Service]", "[Install]")
        .contains(
            "ExecStart=/opt/dengine/bin/dengine server --config /etc/dengine/dengine.toml",
            "EnvironmentFile=/etc/dengine/node.env",
            "StateDirectory=dengine",
            "RestartPreventExitStatus=74 78")
        .allSatisfy(line -> assertThat(line).matches("|#.*|\\[[A-Z][a-z]+]|[A-Z][A-Za-z]+=.+"));
  }

  private static void assertAsksForWhatIsThere(Object what, Object query) {
    assertThat(query).as("query of %s", what).isInstanceOf(String.class);
    assertThat(unknown((String) query)).as("unknown in '%s': %s", what, query).isEmpty();
  }

  /// What a query asks for that no node has. Left of a query without texts, labels, times and
  /// functions are names, numbers and operators.
  private static List<String> unknown(String query) {
    String bare =
        query
            .replaceAll("\"[^\"]*\"", "")
            .replaceAll("\\{[^}]*}", "")
            .replaceAll("\\[[^]]*]", "")
            .replaceAll("\\b(by|without|on|ignoring) *\\([^)]*\\)", "")
            .replaceAll("\\b[a-z_]+ *\\(", "(");
    return Stream.of(bare.split("[^A-Za-z0-9_:.]+"))
        .filter(word -> word.matches("[A-Za-z_].*"))
        .filter(word -> !Set.of("or", "and", "unless", UP).contains(word))
        .filter(word -> !cluster.samples().contains(word))
        .toList();
  }

  private static List<String> labels(String text) {
    List<String> labels = new ArrayList<>();
    var found = Pattern.compile("\\$labels\\.(\\w+)").matcher(text);
    while (found.find()) {
      labels.add(found.group(1));
    }
    return labels;
  }

  private static List<Map<String, Object>> rules() throws IOException {
    Object file = yaml(Files.readString(DEPLOY.resolve("prometheus-alerts.yml")));
    return maps(map(file).get("groups")).stream()
        .flatMap(group -> maps(group.get("rules")).stream())
        .toList();
  }

  private static List<Map<String, Object>> panels() throws IOException {
    Object file = yaml(Files.readString(DEPLOY.resolve("grafana-dashboard.json")));
    return maps(map(file).get("panels"));
  }

  private static Object yaml(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    return new Yaml(new SafeConstructor(options)).load(text);
  }

  @SuppressWarnings("unchecked") // what a file of ours has, or the cast says so
  private static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  private static List<Map<String, Object>> maps(Object value) {
    return ((List<?>) value).stream().map(DeployTest::map).toList();
  }

  // YAML takes more than JSON does: what comes out as it went in is JSON.
  private static String json(Object value, String line) {
    String inner = line + "  ";
    return switch (value) {
      case null -> "null";
      case Map<?, ?> map when map.isEmpty() -> "{}";
      case List<?> list when list.isEmpty() -> "[]";
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(e -> inner + json(e.getKey(), inner) + ": " + json(e.getValue(), inner))
              .collect(Collectors.joining(",", "{", line + "}"));
      case List<?> list ->
          list.stream()
              .map(element -> inner + json(element, inner))
              .collect(Collectors.joining(",", "[", line + "]"));
      case String text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
      default -> value.toString();
    };
  }
}
