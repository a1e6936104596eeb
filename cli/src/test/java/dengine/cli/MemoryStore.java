package dengine.cli;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchOptions;
import dengine.api.spi.BufferedWatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// A store in memory behind the commands' back, which can be told to fail.
final class MemoryStore implements Client {

  final NavigableMap<Bytes, KeyValue> entries = new TreeMap<>();
  final Map<Bytes, Duration> ttls = new TreeMap<>();
  final List<Member> members = new ArrayList<>();

  /// What a watch tells, and how it ends.
  final List<WatchEvent> events = new ArrayList<>();

  WatchEvent.Canceled last =
      new WatchEvent.Canceled(0, WatchEvent.Reason.STOPPED, 0, "the client is closed");

  final List<String> watched = new ArrayList<>();
  ReadPolicy lastPolicy = ReadPolicy.LINEARIZABLE;
  RuntimeException failure;
  private long revision;

  private void check() {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public synchronized long put(Bytes key, Bytes value) {
    check();
    KeyValue before = entries.get(key);
    revision++;
    entries.put(
        key,
        new KeyValue(
            key,
            value,
            before == null ? revision : before.createRevision(),
            revision,
            before == null ? 1 : before.version() + 1));
    return revision;
  }

  @Override
  public synchronized long delete(Bytes key) {
    check();
    entries.remove(key);
    return ++revision;
  }

  @Override
  public synchronized long put(Bytes key, Bytes value, Duration ttl) {
    ttls.put(key, ttl);
    return put(key, value);
  }

  @Override
  public synchronized Swap compareAndSwap(
      Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl) {
    ttls.put(key, ttl);
    return compareAndSwap(key, expected, value);
  }

  @Override
  public synchronized Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    check();
    Optional<Bytes> present = Optional.ofNullable(entries.get(key)).map(KeyValue::value);
    if (!present.equals(expected)) {
      return new Swap(false, ++revision);
    }
    return new Swap(true, put(key, value));
  }

  @Override
  public synchronized Optional<KeyValue> get(Bytes key, ReadPolicy policy) {
    check();
    lastPolicy = policy;
    return Optional.ofNullable(entries.get(key));
  }

  @Override
  public synchronized Values getMany(List<Bytes> keys, ReadPolicy policy) {
    check();
    return new Values(revision, keys.stream().map(key -> get(key, policy)).toList());
  }

  @Override
  public synchronized Page scan(Scan scan) {
    check();
    List<KeyValue> found =
        entries.tailMap(scan.from().orElse(scan.prefix())).entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(scan.prefix()))
            .map(Map.Entry::getValue)
            .toList();
    Optional<Bytes> next =
        found.size() > scan.limit() ? Optional.of(found.get(scan.limit()).key()) : Optional.empty();
    return new Page(revision, found.stream().limit(scan.limit()).toList(), next);
  }

  @Override
  public Watch watch(Bytes key, WatchOptions options) {
    return begin(key + " " + options);
  }

  @Override
  public Watch watchPrefix(Bytes prefix, WatchOptions options) {
    return begin(prefix + "* " + options);
  }

  private Watch begin(String what) {
    check();
    watched.add(what);
    BufferedWatch watch =
        new BufferedWatch(
            0,
            100,
            Long.MAX_VALUE,
            Runnable::run,
            new BufferedWatch.Source() {
              @Override
              public void hasRoom() {}

              @Override
              public void closed() {}
            });
    events.forEach(watch::offer);
    watch.cancel(last);
    return watch;
  }

  @Override
  public List<Member> members() {
    check();
    return members;
  }

  @Override
  public Optional<Leader> leader() {
    check();
    return Optional.empty();
  }

  @Override
  public AsyncClient async() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Client withDeadline(Duration deadline) {
    return this;
  }

  @Override
  public void close() {}
}
