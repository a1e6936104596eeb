package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine.Batch;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A batch that remembers results, and does not bear what a batch must not bear.
final class RecordedBatch implements Batch {

  /// @param command null for an entry that is none
  record Item(long index, long term, long time, byte @Nullable [] command) {}

  private static final byte[] NOTHING = new byte[0];

  private final List<Item> items;
  private final List<byte[]> handedOut;
  private final @Nullable Object[] results;
  private volatile boolean over;

  RecordedBatch(List<Item> items) {
    this.items = items;
    this.handedOut =
        items.stream().map(item -> item.command == null ? NOTHING : item.command.clone()).toList();
    this.results = new @Nullable Object[items.size()];
  }

  /// Ends it: no call may follow.
  ///
  /// @return the results
  @Nullable Object[] end() {
    over = true;
    for (int i = 0; i < items.size(); i++) {
      byte[] command = items.get(i).command;
      Rule.holds(
          command == null || Arrays.equals(command, handedOut.get(i)),
          "the machine changed the bytes of a command: they are the engine's");
    }
    return results;
  }

  @Override
  public int size() {
    requireValid();
    return items.size();
  }

  @Override
  public long index(int i) {
    return item(i).index;
  }

  @Override
  public long term(int i) {
    return item(i).term;
  }

  @Override
  public long time(int i) {
    return item(i).time;
  }

  @Override
  public boolean isCommand(int i) {
    return item(i).command != null;
  }

  @Override
  public byte[] command(int i) {
    requireValid();
    return handedOut.get(i);
  }

  @Override
  public void complete(int i, Object result) {
    Item item = item(i);
    Rule.holds(
        item.command != null, "entry " + item.index + " is no command, and was given a result");
    Rule.holds(results[i] == null, "entry " + item.index + " was given two results");
    results[i] = result;
  }

  private Item item(int i) {
    requireValid();
    return items.get(i);
  }

  private void requireValid() {
    Rule.holds(!over, "the batch was used after apply had returned");
  }
}
