package dengine.server.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Keys of the original d-engine that have no counterpart here, and what to do instead.
final class Original {

  private Original() {}

  private static final Map<String, String> ADVICE = advice();

  /// What to do about a key that only the original knows.
  static Optional<String> adviceFor(String key) {
    return ADVICE.entrySet().stream()
        .filter(known -> key.equals(known.getKey()) || key.startsWith(known.getKey() + "."))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static Map<String, String> advice() {
    Map<String, String> advice = new LinkedHashMap<>();
    advice.put("cluster.log_dir", "log lines go to standard error; remove it");
    advice.put(
        "raft.persistence.flush_policy", "use raft.persistence.flush_interval with MemFirst");
    advice.put(
        "raft.persistence.max_buffered_entries",
        "use raft.backpressure.max_unapplied_size, which counts bytes");
    advice.put(
        "raft.read_consistency.lease_duration_ms",
        "a lease follows from election_timeout_min and clock_drift_bound; remove it");
    advice.put(
        "raft.read_consistency.network_rtt_p99_ms",
        "a lease counts from the time a heartbeat was sent and needs no such guess; remove it");
    advice.put(
        "raft.backpressure.max_pending_writes",
        "use raft.backpressure.max_unapplied_size, which counts bytes");
    advice.put(
        "raft.replication.append_entries_max_entries_per_replication",
        "use raft.replication.max_message_size, which counts bytes");
    advice.put(
        "raft.batching", "a batch is what arrived while the last one was worked on; remove it");
    advice.put("raft.rpc_compression", "traffic is not compressed; remove it");
    advice.put("raft.read_actor", "reads are served on the caller's thread; remove it");
    advice.put("raft.metrics", "all metrics are always on; remove it");
    advice.put("raft.cmd_channel_capacity", "use raft.backpressure.max_unapplied_size");
    advice.put("retry", "retries are bounded by each request's deadline; remove it");
    advice.put("network", "connections tune themselves; remove it");
    advice.put("monitoring", "metrics need no switch; remove it");
    return advice;
  }
}
