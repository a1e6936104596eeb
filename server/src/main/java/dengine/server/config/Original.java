package dengine.server.config;

import java.util.LinkedHashMap;
import java.util.List;
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
        "raft.backpressure.max_pending_writes",
        "use raft.backpressure.max_unapplied_size, which counts bytes");
    advice.put(
        "raft.replication.append_entries_max_entries_per_replication",
        "use raft.replication.max_message_size, which counts bytes");
    advice.put(
        "raft.batching", "a batch is what arrived while the last one was worked on; remove it");
    advice.put("raft.rpc_compression", "traffic is not compressed; remove it");
    advice.put("raft.watch.enable_metrics", "all metrics are always on; remove it");
    advice.put("raft.metrics", "all metrics are always on; remove it");
    advice.put("raft.cmd_channel_capacity", "use raft.backpressure.max_unapplied_size");
    advice.put("raft.ordered_channel_capacity", "use raft.replication.max_inflight_messages");
    advice.put(
        "raft.election.rpc_peer_connectinon_monitor_interval_in_sec",
        "a broken connection is noticed when it breaks; remove it");
    advice.put("raft.election.internal_rpc_client_request_id", "it never had an effect; remove it");
    for (String lease : List.of("raft.state_machine", "raft.storage", "raft.ttl")) {
      advice.put(lease, "keys with a time to live go when their time has come; remove it");
    }
    adviseOnReads(advice);
    adviseOnSnapshots(advice);
    adviseOnMembership(advice);
    advice.put("raft.auto_join", "use cluster.join");
    advice.put("retry", "retries are bounded by each request's deadline; remove it");
    advice.put("network", "connections tune themselves; remove it");
    advice.put("monitoring.prometheus_port", "use monitoring.http_address");
    advice.put(
        "storage.unified_db", "log and state are kept apart, see storage.state_machine; remove it");
    advice.put(
        "tls",
        "connections are not encrypted: keep them in a network of their own or in a tunnel, then"
            + " remove it");
    advice.put("monitoring", "metrics need no switch; remove it");
    return advice;
  }

  private static void adviseOnReads(Map<String, String> advice) {
    advice.put(
        "raft.read_consistency.lease_duration_ms",
        "a lease follows from election_timeout_min and clock_drift_bound; remove it");
    advice.put(
        "raft.read_consistency.network_rtt_p99_ms",
        "a lease counts from the time a heartbeat was sent and needs no such guess; remove it");
    String readActor = "reads are served on the caller's thread; remove it";
    advice.put("raft.read_actor", readActor);
    advice.put("raft.read_actor_channel_capacity", readActor);
    advice.put(
        "raft.read_consistency.state_machine_sync_timeout_ms",
        "a read waits for its index until the request's deadline; remove it");
  }

  private static void adviseOnSnapshots(Map<String, String> advice) {
    advice.put("raft.snapshot.snapshots_dir", "snapshots are in cluster.db_root_dir; remove it");
    advice.put("raft.snapshot.snapshots_dir_prefix", "names are made by itself; remove it");
    advice.put("raft.snapshot.snapshot_cool_down_since_last_check", "use raft.snapshot.max_age");
    for (String paced :
        List.of(
            "sender_yield_every_n_chunks",
            "receiver_yield_every_n_chunks",
            "push_queue_size",
            "cache_size",
            "max_retries",
            "transfer_timeout_in_sec",
            "retry_interval_in_ms",
            "snapshot_push_backoff_in_ms",
            "snapshot_push_max_retry",
            "push_timeout_in_ms",
            "receive_chunk_timeout_in_sec")) {
      advice.put(
          "raft.snapshot." + paced,
          "the receiver asks for pieces as it can take them, and goes on where it was; remove it");
    }
    advice.put(
        "raft.snapshot_rpc_timeout_ms", "a transfer may take as long as it takes; remove it");
  }

  private static void adviseOnMembership(Map<String, String> advice) {
    advice.put(
        "raft.learner_check_throttle_ms", "learners are looked at with each heartbeat; remove it");
    advice.put(
        "raft.membership.promotion.stale_learner_threshold",
        "no member is removed by itself; remove it");
    advice.put("raft.membership.zombie", "status shows who does not answer; remove it");
    advice.put(
        "raft.membership.verify_leadership_persistent_timeout",
        "a leader that reaches no majority steps down within an election timeout; remove it");
    advice.put(
        "raft.membership.cluster_healthcheck_probe_service_name",
        "health answers for every service; remove it");
  }
}
