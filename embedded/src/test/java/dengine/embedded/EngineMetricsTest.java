package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Client;
import dengine.api.DEngineException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.engine.SnapshotOptions;
import dengine.engine.SnapshotPolicy;
import dengine.engine.spi.MetaStore;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.storage.Disk;
import dengine.storage.FileStorageEngine;
import dengine.storage.StorageOptions;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What an application's own registry gets.
@Timeout(120)
final class EngineMetricsTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void theLogAndItsLimitAreThereToBeCompared() {
    try (EmbeddedEngine engine = measured(EngineConfig.of(folder))) {
      engine.waitReady(LONG);
      engine.client().put("greeting", "hello");

      assertThat(value("dengine.log.entries")).isPositive();
      assertThat(value("dengine.log.bytes")).isPositive();
      assertThat(value("dengine.log.limit.entries")).isEqualTo(100_000 + 2 * 100_000);
      assertThat(value("dengine.log.limit.bytes"))
          .isEqualTo((256 + 2 * 256 + 3 * 64) * (double) (1 << 20));
    }
  }

  @Test
  void keysAreCountedAndThoseThatExpire() {
    try (EmbeddedEngine engine = measured(EngineConfig.of(folder))) {
      engine.waitReady(LONG);
      Client client = engine.client();
      client.put("stays", "x");
      try (Watch watch = client.watch("goes")) {
        client.put("goes", "x", Duration.ofMillis(1));
        for (boolean gone = false; !gone; ) {
          gone = watch.next() instanceof WatchEvent.Delete;
        }
      }

      assertThat(value("dengine.store.keys")).isEqualTo(1);
      assertThat(value("dengine.store.expired")).isEqualTo(1);
      assertThat(value("dengine.store.live")).isBetween("staysx".length() + 44.0, 200.0);
      assertThat(value("dengine.store.held")).isGreaterThan(value("dengine.store.live"));
      assertThat(value("dengine.store.index")).isPositive();
    }
  }

  @Test
  void aStoreThatIsClosedSaysNothingOfItsSize() {
    KvStore honest = new KvStore();
    AtomicBoolean closed = new AtomicBoolean();
    KeyValueStore store =
        (KeyValueStore)
            Proxy.newProxyInstance(
                KeyValueStore.class.getClassLoader(),
                new Class<?>[] {KeyValueStore.class},
                (_, method, arguments) -> {
                  if (closed.get() && method.getName().equals("footprint")) {
                    throw new IllegalStateException("closed");
                  }
                  return method.invoke(honest, arguments);
                });
    try (EmbeddedEngine engine =
        EmbeddedEngine.builder(EngineConfig.of(folder)).store(store).start()) {
      new EngineMetrics(engine).bindTo(registry);

      assertThat(value("dengine.store.keys")).isZero();
      closed.set(true);
      assertThat(value("dengine.store.keys")).isNaN();
    }
  }

  @Test
  void anEngineThatIsStartedAgainTakesThePlaceOfTheOneBefore() {
    for (int life = 0; life < 2; life++) {
      try (EmbeddedEngine engine = measured(EngineConfig.of(folder))) {
        engine.waitReady(LONG);

        assertThat(value("dengine.raft.leading")).as("life %d", life).isEqualTo(1);
      }
    }
  }

  @Test
  void theLimitIsOfTheFilesThatTheLogHas() {
    try (EmbeddedEngine engine =
        EmbeddedEngine.builder(EngineConfig.of(folder))
            .storageOptions(StorageOptions.DEFAULT.withSegmentBytes(1 << 20))
            .start()) {
      new EngineMetrics(engine).bindTo(registry);

      assertThat(value("dengine.log.limit.bytes"))
          .isEqualTo((256 + 2 * 256 + 3) * (double) (1 << 20));
    }
  }

  @Test
  void ofAStorageOfOnesOwnNothingIsSaidThatOnlyItKnows() {
    MetaStore.Identity identity = new MetaStore.Identity(17, 1);
    try (EmbeddedEngine engine =
        EmbeddedEngine.builder(EngineConfig.of(folder.resolve("nothing")).withClusterId(17))
            .storage(FileStorageEngine.open(folder, identity, StorageOptions.DEFAULT))
            .start()) {
      new EngineMetrics(engine).bindTo(registry);

      assertThat(registry.getMeters())
          .extracting(meter -> meter.getId().getName())
          .contains("dengine.log.entries", "dengine.log.limit.entries")
          .doesNotContain(
              "dengine.log.bytes",
              "dengine.log.limit.bytes",
              "dengine.disk.free",
              "dengine.disk.total");
    }
  }

  @Test
  void whoeverTakesSnapshotsByHandHasNoLimitToComeNear() {
    EngineConfig byHand = EngineConfig.of(folder).withSnapshots(snapshots(2));

    try (EmbeddedEngine _ = measured(byHand)) {
      assertThat(registry.find("dengine.log.limit.entries").meter()).isNull();
      assertThat(registry.find("dengine.log.limit.bytes").meter()).isNull();
    }
  }

  @Test
  void aSnapshotIsCountedAndItsAgeAndSizeAreThere() {
    try (EmbeddedEngine engine = measured(EngineConfig.of(folder))) {
      engine.waitReady(LONG);
      assertThat(value("dengine.snapshot.taken")).isZero();
      engine.client().put("greeting", "hello");

      engine.admin().createSnapshot();

      assertThat(value("dengine.snapshot.taken")).isEqualTo(1);
      assertThat(value("dengine.snapshot.bytes")).isPositive();
      assertThat(value("dengine.snapshot.age")).isNotNegative();
      assertThat(value("dengine.snapshot.failed")).isZero();
    }
  }

  @Test
  void filesThatGiveTheirSpaceBackAreThereUntilItIsBack() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    try (EmbeddedEngine engine =
        EmbeddedEngine.builder(EngineConfig.of(folder).withSnapshots(snapshots(1)))
            .storageOptions(StorageOptions.DEFAULT.withDisk(deletesLater(begun, goOn)))
            .start()) {
      new EngineMetrics(engine).bindTo(registry);
      engine.waitReady(LONG);
      engine.client().put("greeting", "hello");
      long bytes = engine.admin().createSnapshot().bytes();
      assertThat(value("dengine.disposal.waiting")).isZero();
      engine.client().put("greeting", "hello again");

      engine.admin().createSnapshot();

      begun.await();
      assertThat(value("dengine.disposal.waiting")).isEqualTo((double) bytes);
      goOn.countDown();
      while (value("dengine.disposal.waiting") != 0) {
        Thread.onSpinWait();
      }
    }
  }

  private static Disk deletesLater(CountDownLatch begun, CountDownLatch goOn) {
    return (Disk)
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {Disk.class},
            (_, method, arguments) -> {
              if (method.getName().equals("deleteInSteps")) {
                begun.countDown();
                goOn.await();
              }
              try {
                return method.invoke(Disk.system(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void callsThatANodeWithoutALeaderCannotServeAreCounted() {
    EngineConfig lonely =
        EngineConfig.of(
            1,
            List.of(MemberAddress.voter(1, "127.0.0.1:0"), MemberAddress.voter(2, "127.0.0.1:2")),
            folder);
    try (EmbeddedEngine engine = measured(lonely)) {
      double before = failures();

      assertThatThrownBy(
              () -> engine.client().withDeadline(Duration.ofMillis(50)).put("greeting", "hello"))
          .isInstanceOf(DEngineException.class);
      assertThatThrownBy(
              () -> engine.client().withDeadline(Duration.ofMillis(50)).delete("greeting"))
          .isInstanceOf(DEngineException.class);

      assertThat(failures()).isEqualTo(before + 2);
    }
  }

  @Test
  void theDiskAndTheLimitsAreThere() {
    try (EmbeddedEngine _ = measured(EngineConfig.of(folder))) {
      assertThat(value("dengine.disk.free"))
          .isPositive()
          .isLessThanOrEqualTo(value("dengine.disk.total"));
      for (String limit :
          List.of(
              "dengine.engine.limit.calls",
              "dengine.raft.limit.unapplied",
              "dengine.raft.limit.pending.reads",
              "dengine.watch.limit.watchers")) {
        assertThat(value(limit)).as(limit).isPositive();
      }
    }
  }

  @Test
  void nothingHasToBeKeptForTheMetersToGoOn() throws Exception {
    ReferenceQueue<EngineMetrics> collected = new ReferenceQueue<>();
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder)) {
      engine.waitReady(LONG);
      WeakReference<EngineMetrics> bound = bound(engine, collected);
      while (collected.remove(100) == null) {
        System.gc();
      }
      assertThat(bound.get()).isNull();

      assertThat(registry.getMeters())
          .filteredOn(meter -> !meter.getId().getName().startsWith("dengine.snapshot."))
          .hasSizeGreaterThan(30)
          .allSatisfy(meter -> assertThat(value(meter)).as(meter.getId().getName()).isNotNaN());
      assertThat(value("dengine.raft.leading")).isEqualTo(1);
      assertThat(value("dengine.log.fsync")).isPositive();
    }
  }

  private WeakReference<EngineMetrics> bound(
      EmbeddedEngine engine, ReferenceQueue<EngineMetrics> collected) {
    EngineMetrics metrics = new EngineMetrics(engine);
    metrics.bindTo(registry);
    return new WeakReference<>(metrics, collected);
  }

  private EmbeddedEngine measured(EngineConfig config) {
    EmbeddedEngine engine = EmbeddedEngine.start(config);
    new EngineMetrics(engine).bindTo(registry);
    return engine;
  }

  private static SnapshotOptions snapshots(int retained) {
    SnapshotOptions standard = SnapshotOptions.DEFAULT;
    return new SnapshotOptions(
        SnapshotPolicy.onDemand(),
        retained,
        standard.retainedLogEntries(),
        standard.retainedLogBytes(),
        standard.writeBytesPerSecond(),
        standard.transferBytesPerSecond(),
        standard.pieceBytes(),
        standard.piecesInFlight(),
        standard.concurrentSends(),
        standard.pieceTimeout(),
        standard.idleTimeout());
  }

  private double value(String name) {
    return value(registry.get(name).meter());
  }

  private static double value(Meter meter) {
    return meter.measure().iterator().next().getValue();
  }

  private double failures() {
    return registry.get("dengine.client.failures").functionCounters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }
}
