package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What commands and reads do, for any store. A store passes when a class of its own extends
/// [KeyValueStoreConformance], which ends this chain, and all tests in it pass.
@SuppressWarnings("missing-explicit-ctor") // extended in the packages of other stores
public abstract class CommandConformance {

  private static final Bytes A = Bytes.of("a");
  private static final Bytes B = Bytes.of("b");
  private static final Bytes ONE = Bytes.of("1");
  private static final Bytes TWO = Bytes.of("2");

  private final List<KeyValueStore> opened = new ArrayList<>();

  /// An empty store with [Limits#DEFAULT].
  protected KeyValueStore store;

  /// Makes an empty store. It is closed after the test.
  protected abstract KeyValueStore create(Limits limits, ExpiryBudget budget);

  /// An empty store, closed after the test.
  protected final KeyValueStore open(Limits limits) {
    return opened(create(limits, ExpiryBudget.DEFAULT));
  }

  /// An empty store, closed after the test.
  protected final KeyValueStore open(ExpiryBudget budget) {
    return opened(create(Limits.DEFAULT, budget));
  }

  private KeyValueStore opened(KeyValueStore fresh) {
    opened.add(fresh);
    return fresh;
  }

  /// Sometimes so small that few keys are many.
  protected static final ExpiryBudget budget(Random random) {
    return random.nextInt(3) == 0
        ? ExpiryBudget.DEFAULT
        : new ExpiryBudget(1 + random.nextInt(3), random.nextInt(3), 3 + random.nextInt(10));
  }

  @BeforeEach
  final void open() {
    store = open(Limits.DEFAULT);
  }

  @AfterEach
  final void close() {
    opened.forEach(KeyValueStore::close);
  }

  @Test
  void anEmptyStoreHasNothing() {
    assertThat(store.revision()).isZero();
    assertThat(store.get(A)).isEmpty();
    assertThat(store.value(A)).isNull();
    assertThat(store.getMany(List.of(A, B)))
        .isEqualTo(new Values(0, List.of(Optional.empty(), Optional.empty())));
    assertThat(store.scan(Scan.prefix(""))).isEqualTo(new Page(0, List.of(), Optional.empty()));
    assertThat(store.footprint().keys()).isZero();
  }

  @Test
  void aPutIsSeenWithItsRevisions() {
    assertThat(apply(new Command.Put(A, ONE))).isEqualTo(1L);
    assertThat(apply(new Command.Put(B, ONE))).isEqualTo(2L);
    assertThat(apply(new Command.Put(A, TWO))).isEqualTo(3L);

    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 1, 3, 2));
    assertThat(store.get(B)).contains(new KeyValue(B, ONE, 2, 2, 1));
    assertThat(store.value(A)).isEqualTo(TWO.toByteArray());
    assertThat(store.revision()).isEqualTo(3);
  }

  @Test
  void aKeyThatIsCreatedAgainBeginsAnew() {
    apply(new Command.Put(A, ONE));
    apply(new Command.Put(A, ONE));
    assertThat(apply(new Command.Delete(A))).isEqualTo(3L);
    assertThat(store.get(A)).isEmpty();
    assertThat(store.scan(Scan.prefix("")).entries()).isEmpty();

    apply(new Command.Put(A, TWO));

    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 4, 4, 1));
    assertThat(store.footprint().keys()).isEqualTo(1);
  }

  @Test
  void createdDeletedAndCreatedInOneBatchLeavesTheLast() {
    store.apply(
        TestBatch.after(
            store,
            new Command.Put(A, ONE),
            new Command.Delete(A),
            new Command.Put(A, TWO),
            new Command.Put(B, ONE),
            new Command.Delete(B)));

    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 3, 3, 1));
    assertThat(store.get(B)).isEmpty();
    assertThat(store.scan(Scan.prefix("")).entries()).hasSize(1);
  }

  @Test
  void deletingWhatIsNotThereChangesNothing() {
    assertThat(apply(new Command.Delete(A))).isEqualTo(1L);
    assertThat(apply(new Command.Delete(A))).isEqualTo(2L);

    assertThat(store.revision()).isEqualTo(2);
    assertThat(store.footprint().liveBytes()).isZero();
  }

  @Test
  void aSwapDependsOnWhatIsThere() {
    assertThat(swap(Optional.of(ONE), TWO)).isEqualTo(new Swap(false, 1));
    assertThat(swap(Optional.of(Bytes.EMPTY), TWO)).isEqualTo(new Swap(false, 2));
    assertThat(swap(Optional.empty(), ONE)).isEqualTo(new Swap(true, 3));
    assertThat(swap(Optional.empty(), TWO)).isEqualTo(new Swap(false, 4));
    assertThat(swap(Optional.of(TWO), ONE)).isEqualTo(new Swap(false, 5));
    assertThat(store.get(A)).contains(new KeyValue(A, ONE, 3, 3, 1));

    assertThat(swap(Optional.of(ONE), Bytes.EMPTY)).isEqualTo(new Swap(true, 6));
    assertThat(swap(Optional.empty(), TWO)).isEqualTo(new Swap(false, 7));
    assertThat(swap(Optional.of(Bytes.EMPTY), TWO)).isEqualTo(new Swap(true, 8));
    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 3, 8, 3));

    apply(new Command.Delete(A));
    assertThat(swap(Optional.of(TWO), ONE)).isEqualTo(new Swap(false, 10));
    assertThat(swap(Optional.empty(), ONE)).isEqualTo(new Swap(true, 11));
    assertThat(store.get(A)).contains(new KeyValue(A, ONE, 11, 11, 1));
  }

  @Test
  void entriesThatAreNoCommandsAdvanceTheRevision() {
    TestBatch batch = new TestBatch(1);
    batch.add(new byte[0]);
    batch.add(new Command.Put(A, ONE).encode());
    batch.add(new byte[0]);

    store.apply(batch);

    assertThat(store.revision()).isEqualTo(3);
    assertThat(store.get(A)).contains(new KeyValue(A, ONE, 2, 2, 1));
    assertThat(batch.result(0)).isNull();
  }

  @Test
  void aMalformedCommandIsAResultAndChangesNothing() {
    TestBatch batch = TestBatch.after(store, new Command.Put(A, ONE));
    batch.add(new byte[] {1, 1, 0, 1, 'a', 0, 0, 0, 9});
    batch.add(new Command.Put(B, ONE).encode());

    store.apply(batch);

    assertThat(batch.result(1))
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            fault ->
                assertThat(fault).hasMessageContaining("revision 2").hasMessageContaining("9"));
    assertThat(store.get(A)).contains(new KeyValue(A, ONE, 1, 1, 1));
    assertThat(store.get(B)).contains(new KeyValue(B, ONE, 3, 3, 1));
  }

  @Test
  void committedCommandsBeyondTheLocalLimitsAreAppliedAllTheSame() {
    KeyValueStore small = open(new Limits(1, 1, 10, 1));
    Bytes key = Bytes.wrap(new byte[5000]);
    Bytes value = Bytes.wrap(new byte[3 << 20]);

    TestBatch.apply(small, new Command.Put(key, value));

    assertThat(small.get(key)).contains(new KeyValue(key, value, 1, 1, 1));
  }

  @Test
  void manyKeysAnswerInTheOrderAskedForDuplicatesIncluded() {
    apply(new Command.Put(A, ONE));
    apply(new Command.Put(B, TWO));
    Optional<KeyValue> a = store.get(A);
    Optional<KeyValue> b = store.get(B);

    Values values = store.getMany(List.of(B, Bytes.of("c"), A, B));

    assertThat(values).isEqualTo(new Values(2, List.of(b, Optional.empty(), a, b)));
  }

  @Test
  void manyKeysWhoseValuesAreTooLargeTogetherAreRefused() {
    Bytes large = Bytes.wrap(new byte[Limits.DEFAULT.maxValueBytes()]);
    List<Bytes> keys = List.of(A, B, Bytes.of("c"));
    keys.forEach(key -> apply(new Command.Put(key, large)));

    assertThat(store.getMany(keys.subList(0, 2)).values()).hasSize(2);
    assertThatThrownBy(() -> store.getMany(keys))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("fewer keys")
        .hasMessageContaining(Integer.toString(Limits.DEFAULT.maxResponseBytes()));
  }

  @Test
  void aScanGoesPageByPage() {
    for (String key : List.of("b", "a", "c/1", "c", "c/2", "d")) {
      apply(new Command.Put(Bytes.of(key), ONE));
    }

    Page first = store.scan(Scan.prefix("c").limit(2));
    Page second = store.scan(Scan.prefix("c").limit(2).from(first.next().orElseThrow()));

    assertThat(keys(first)).containsExactly("c", "c/1");
    assertThat(first.next()).contains(Bytes.of("c/2"));
    assertThat(keys(second)).containsExactly("c/2");
    assertThat(second.next()).isEmpty();
    assertThat(first.revision()).isEqualTo(6);
  }

  @Test
  void aScanMayBeginAtAKeyThatIsNotThereOrLiesOutside() {
    for (String key : List.of("a", "c/1", "c/3", "d")) {
      apply(new Command.Put(Bytes.of(key), ONE));
    }

    assertThat(keys(store.scan(Scan.prefix("c/").from(Bytes.of("c/2"))))).containsExactly("c/3");
    assertThat(keys(store.scan(Scan.prefix("c/").from(A)))).containsExactly("c/1", "c/3");
    assertThat(keys(store.scan(Scan.prefix("c/").from(Bytes.of("d"))))).isEmpty();
    assertThat(keys(store.scan(Scan.prefix("").from(Bytes.of("d"))))).containsExactly("d");
    assertThat(keys(store.scan(Scan.prefix("x")))).isEmpty();
  }

  @Test
  void prefixesOfHighBytesEndWhereTheyShould() {
    byte high = (byte) 0xff;
    List<Bytes> keys =
        List.of(
            Bytes.of(high),
            Bytes.of(high, (byte) 0),
            Bytes.of(high, high),
            Bytes.of(high, high, (byte) 'x'),
            Bytes.of((byte) 0xfe, high),
            Bytes.of((byte) 0x7f));
    keys.forEach(key -> apply(new Command.Put(key, ONE)));

    assertThat(scan(Bytes.of(high))).containsExactlyElementsOf(keys.subList(0, 4));
    assertThat(scan(Bytes.of(high, high))).containsExactly(keys.get(2), keys.get(3));
    assertThat(scan(Bytes.of((byte) 0xfe))).containsExactly(keys.get(4));
    assertThat(scan(Bytes.EMPTY))
        .containsExactly(
            keys.get(5), keys.get(4), keys.get(0), keys.get(1), keys.get(2), keys.get(3));
  }

  @Test
  void aPageStaysBelowTheLargestResponseAndHasOneEntryAtLeast() {
    KeyValueStore small = open(new Limits(10, 1000, 50, 10));
    for (String key : List.of("a", "b", "c", "d")) {
      TestBatch.apply(small, new Command.Put(Bytes.of(key), Bytes.wrap(new byte[49])));
    }
    TestBatch.apply(small, new Command.Put(Bytes.of("e"), Bytes.wrap(new byte[1000])));

    Page first = small.scan(Scan.prefix(""));
    Page last = small.scan(new Scan(Bytes.EMPTY, Optional.of(Bytes.of("e")), 5, ReadPolicy.LEASE));

    assertThat(keys(first)).containsExactly("a", "b");
    assertThat(first.next()).contains(Bytes.of("c"));
    assertThat(keys(last)).containsExactly("e");
    assertThat(last.next()).isEmpty();
  }

  @Test
  void theSameLogGivesTheSameStateHashHoweverItIsCutIntoBatches() {
    KeyValueStore other = open(Limits.DEFAULT);
    TestBatch all = new TestBatch(1);
    for (int i = 0; i < 500; i++) {
      Bytes key = Bytes.of("k" + i * 7919 % 100);
      Command command = i % 5 == 0 ? new Command.Delete(key) : new Command.Put(key, key);
      apply(command);
      all.add(command.encode());
    }
    other.apply(all);

    assertThat(other.stateHash()).isEqualTo(store.stateHash());
    long before = store.stateHash();
    apply(new Command.Put(Bytes.of("k1"), Bytes.of("k1")));
    assertThat(store.stateHash()).isNotEqualTo(before);
  }

  final @Nullable Object apply(Command command) {
    return TestBatch.apply(store, command);
  }

  private Object swap(Optional<Bytes> expected, Bytes value) {
    return apply(new Command.CompareAndSwap(A, expected, value));
  }

  private List<Bytes> scan(Bytes prefix) {
    return store.scan(Scan.prefix(prefix)).entries().stream().map(KeyValue::key).toList();
  }

  private static List<String> keys(Page page) {
    return page.entries().stream().map(entry -> entry.key().text()).toList();
  }
}
