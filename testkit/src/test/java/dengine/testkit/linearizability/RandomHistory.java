package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Makes histories of a [SimulatedStore]: random calls, each taking effect at a random moment of
/// its interval, so they are linearizable; and damages answers at random, so they may no longer be.
///
/// @param clients how many act at the same time
/// @param operations how many in all
/// @param keys how many keys they share
/// @param values how many different values there are, or 0 for a new one with each write
/// @param unknown part of the writes whose client never hears of it, 0 to 1
/// @param manyKeys whether to read several keys at once too
record RandomHistory(
    int clients, int operations, int keys, int values, double unknown, boolean manyKeys) {

  private record Planned(int client, long invoked, long effect, long returned, Call call) {}

  List<Operation> make(RandomGenerator random) {
    List<Planned> plan = plan(random);
    plan.sort(Comparator.comparingLong(Planned::effect));
    SimulatedStore store = new SimulatedStore();
    List<Operation> history = new ArrayList<>();
    for (Planned planned : plan) {
      boolean lost = random.nextDouble() < unknown;
      boolean happens = !lost || random.nextBoolean();
      Answer answer = happens ? store.apply(planned.call()) : new Answer.Unknown();
      history.add(
          new Operation(
              planned.client(),
              planned.invoked(),
              planned.returned(),
              planned.call(),
              lost ? new Answer.Unknown() : answer));
    }
    history.sort(Comparator.comparingLong(Operation::invoked));
    return history;
  }

  private List<Planned> plan(RandomGenerator random) {
    List<Planned> plan = new ArrayList<>();
    long[] clocks = new long[clients];
    for (int i = 0; i < operations; i++) {
      int client = random.nextInt(clients);
      long invoked = clocks[client] + 1 + random.nextInt(20);
      long effect = invoked + random.nextInt(20);
      long returned = effect + random.nextInt(20);
      clocks[client] = returned;
      plan.add(new Planned(client, invoked, effect, returned, call(random, i)));
    }
    return plan;
  }

  private Call call(RandomGenerator random, int number) {
    Bytes key = key(random.nextInt(keys));
    Bytes value = values == 0 ? Bytes.of("v" + number) : value(random.nextInt(values));
    return switch (random.nextInt(manyKeys ? 10 : 8)) {
      case 0, 1, 2 -> new Call.Put(key, value);
      case 3 -> new Call.Delete(key);
      case 4, 5 -> new Call.CompareAndSwap(key, guess(random, number), value);
      case 8 -> new Call.GetMany(List.of(key, key(random.nextInt(keys))));
      case 9 -> new Call.Scan(Bytes.of("k"));
      default -> new Call.Get(key);
    };
  }

  private Optional<Bytes> guess(RandomGenerator random, int number) {
    if (random.nextInt(3) == 0) {
      return Optional.empty();
    }
    return Optional.of(
        values == 0
            ? Bytes.of("v" + Math.max(0, number - 1 - random.nextInt(5)))
            : value(random.nextInt(values)));
  }

  /// The history with one answer to a get or a swap changed; the same if there is none.
  List<Operation> damaged(List<Operation> history, RandomGenerator random) {
    List<Operation> damaged = new ArrayList<>(history);
    int start = random.nextInt(history.size());
    for (int i = 0; i < history.size(); i++) {
      int index = (start + i) % history.size();
      Operation operation = history.get(index);
      Optional<Answer> other = otherAnswer(operation.answer(), history, operation.call(), random);
      if (other.isPresent()) {
        damaged.set(
            index,
            new Operation(
                operation.client(),
                operation.invoked(),
                operation.returned(),
                operation.call(),
                other.get()));
        return damaged;
      }
    }
    return damaged;
  }

  private static Optional<Answer> otherAnswer(
      Answer answer, List<Operation> history, Call call, RandomGenerator random) {
    return switch (answer) {
      case Answer.Swapped swapped ->
          Optional.of(new Answer.Swapped(!swapped.succeeded(), swapped.revision()));
      case Answer.Found _ -> Optional.of(new Answer.Found(otherRecord(history, call, random)));
      default -> Optional.empty();
    };
  }

  private static Optional<KeyValue> otherRecord(
      List<Operation> history, Call call, RandomGenerator random) {
    Bytes key = ((Call.Get) call).key();
    List<Optional<KeyValue>> candidates = new ArrayList<>();
    candidates.add(Optional.empty());
    for (Operation operation : history) {
      if (operation.answer() instanceof Answer.Found found && operation.call().equals(call)) {
        candidates.add(found.record());
      }
      if (operation.call() instanceof Call.Put put
          && operation.answer() instanceof Answer.Written written
          && put.key().equals(key)) {
        long revision = written.revision();
        candidates.add(Optional.of(new KeyValue(key, put.value(), revision, revision, 1)));
      }
    }
    return candidates.get(random.nextInt(candidates.size()));
  }

  static Bytes key(int number) {
    return Bytes.of("k" + number);
  }

  static Bytes value(int number) {
    return Bytes.of("v" + number);
  }
}
