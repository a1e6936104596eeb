package dengine.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whoever comes with a file of the original is told about each of its keys.
final class OriginalKeysTest {

  /// Every key that the original reads, and those of its sample files that it ignores.
  private static final String KEYS =
      """
      cluster: node_id listen_address initial_cluster db_root_dir log_dir
      raft: learner_catchup_threshold learner_check_throttle_ms \
      general_raft_timeout_duration_in_ms snapshot_rpc_timeout_ms cmd_channel_capacity \
      ordered_channel_capacity read_actor_channel_capacity
      raft.replication: rpc_append_entries_clock_in_ms append_entries_max_entries_per_replication
      raft.batching: max_batch_size max_merge_entries
      raft.election: election_timeout_min election_timeout_max \
      rpc_peer_connectinon_monitor_interval_in_sec internal_rpc_client_request_id
      raft.membership: cluster_healthcheck_probe_service_name verify_leadership_persistent_timeout
      raft.membership.zombie: threshold purge_interval
      raft.membership.promotion: stale_learner_threshold
      raft.state_machine.lease: enabled cleanup_interval_ms max_cleanup_duration_ms
      raft.storage: cleanup_interval_ms
      raft.ttl: cleanup_interval_ms
      raft.snapshot: enable max_log_entries_before_snapshot snapshot_cool_down_since_last_check \
      cleanup_retain_count snapshots_dir snapshots_dir_prefix chunk_size retained_log_entries \
      sender_yield_every_n_chunks receiver_yield_every_n_chunks max_bandwidth_mbps push_queue_size \
      cache_size max_retries transfer_timeout_in_sec retry_interval_in_ms \
      snapshot_push_backoff_in_ms snapshot_push_max_retry push_timeout_in_ms \
      receive_chunk_timeout_in_sec
      raft.persistence: strategy flush_policy max_buffered_entries
      raft.auto_join: rpc_enable_compression
      raft.read_consistency: default_policy lease_duration_ms network_rtt_p99_ms \
      allow_client_override state_machine_sync_timeout_ms
      raft.backpressure: max_pending_writes max_pending_reads
      raft.rpc_compression: replication_response election_response snapshot_response \
      cluster_response client_response
      raft.read_actor: channel_capacity max_drain
      raft.watch: event_queue_size watcher_buffer_size enable_metrics max_watcher_count \
      heartbeat_interval_ms
      raft.metrics: enable_backpressure enable_batch sample_rate
      network: tcp_nodelay buffer_size
      network.control: connect_timeout_in_ms request_timeout_in_ms max_frame_size
      storage: unified_db
      tls: enable_tls generate_self_signed_certificates certificate_authority_root_path \
      server_certificate_path server_private_key_path client_certificate_authority_root_path \
      enable_mtls
      retry.election: max_retries timeout_ms base_delay_ms max_delay_ms
      retry.install_snapshot: per_chunk_timeout_ms push_failure_alert_threshold
      monitoring: prometheus_enabled
      """;

  @TempDir Path folder;

  static Stream<String> keys() {
    return KEYS.lines()
        .flatMap(
            line -> {
              List<String> parts = List.of(line.split(": "));
              return Stream.of(parts.getLast().split(" ")).map(key -> parts.getFirst() + "." + key);
            });
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aKeyOfTheOriginalIsASettingOrComesWithAdvice(String key) {
    assertThat(Settings.named(key).isPresent() || Original.adviceFor(key).isPresent()).isTrue();
  }

  @Test
  void durationsInTheOriginalsFormComeWithAdviceToo() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("dengine.toml"),
            "[raft.snapshot]\nsnapshot_cool_down_since_last_check = { secs = 60, nanos = 0 }");
    List<String> problems = new ArrayList<>();

    ConfigFile.read(file, problems);

    assertThat(problems)
        .containsExactly(
            file
                + ":2:1: raft.snapshot.snapshot_cool_down_since_last_check: unknown key here, the"
                + " original has it: use raft.snapshot.max_age");
  }

  @Test
  void whoAsksForEncryptionIsNotLeftWithoutItInSilence() {
    assertThat(Original.adviceFor("tls.enable_tls")).get().asString().contains("not encrypted");
  }
}
