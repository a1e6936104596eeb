package dengine.server;

import static java.util.stream.Collectors.toSet;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineMetrics;
import dengine.server.config.ServerConfig;
import dengine.server.config.ServerConfigBuilder;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// A leader with one peer, whose every metric is there: some are of peers.
final class MeteredCluster implements AutoCloseable {

  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\w+) (\\w+)$");
  private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-z]\\w*)[ {]");

  private final StandaloneEngine leader;
  private final StandaloneEngine peer;
  private final Map<String, String> types = new LinkedHashMap<>();
  private final Set<String> samples = new TreeSet<>();
  private final Set<String> embedded;

  private MeteredCluster(StandaloneEngine leader, StandaloneEngine peer) {
    this.leader = leader;
    this.peer = peer;
    this.embedded = embedded(leader.engine());
    String scraped = leader.scrapeMetrics();
    TYPE.matcher(scraped).results().forEach(type -> types.put(type.group(1), type.group(2)));
    SAMPLE.matcher(scraped).results().map(MatchResult::group).forEach(this::sample);
  }

  private static Set<String> embedded(EmbeddedEngine engine) {
    MeterRegistry own = new SimpleMeterRegistry();
    EngineMetrics metrics = new EngineMetrics(engine);
    metrics.bindTo(own);
    metrics.refresh();
    return own.getMeters().stream().map(meter -> meter.getId().getName()).collect(toSet());
  }

  private void sample(String begin) {
    samples.add(begin.substring(0, begin.length() - 1));
  }

  static MeteredCluster start(Path folder) {
    StandaloneEngine leader = StandaloneEngine.start(config(folder, 1).build());
    try {
      leader.engine().waitReady(Duration.ofSeconds(20));
      StandaloneEngine peer =
          StandaloneEngine.start(config(folder, 2).set("cluster.join", leader.address()).build());
      return new MeteredCluster(leader, peer);
    } catch (RuntimeException | Error failure) {
      leader.close();
      throw failure;
    }
  }

  private static ServerConfigBuilder config(Path folder, int id) {
    return ServerConfig.builder()
        .set("cluster.node_id", Integer.toString(id))
        .set("cluster.listen_address", "127.0.0.1:0")
        .set("cluster.db_root_dir", folder.resolve("node-" + id).toString());
  }

  List<Meter> meters() {
    return leader.metrics().getMeters();
  }

  /// The names of what the leader's engine gives to any registry.
  Set<String> embedded() {
    return embedded;
  }

  /// Every name that a query may use.
  Set<String> samples() {
    return samples;
  }

  /// Every family that was scraped.
  Set<String> families() {
    return types.keySet();
  }

  /// The name under which a meter is scraped, without what the parts of a timer end with.
  String family(Meter meter) {
    Meter.Id id = meter.getId();
    NamingConvention convention = leader.metrics().config().namingConvention();
    String name = convention.name(id.getName(), id.getType(), id.getBaseUnit());
    return Optional.of(name + "_total").filter(types::containsKey).orElse(name);
  }

  /// What Prometheus takes a meter for.
  String type(Meter meter) {
    return types.getOrDefault(family(meter), "not scraped");
  }

  @Override
  public void close() {
    peer.close();
    leader.close();
  }
}
