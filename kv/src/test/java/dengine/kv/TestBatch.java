package dengine.kv;

import dengine.engine.spi.StateMachine.Batch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A batch of commands for tests, and the results they got. No bytes: an entry that is no command.
public final class TestBatch implements Batch {

  private final long first;
  private final List<byte[]> commands = new ArrayList<>();
  private final List<@Nullable Object> results = new ArrayList<>();

  /// A batch that begins with this index.
  public TestBatch(long first) {
    this.first = first;
  }

  /// A batch that follows what the store has applied, with these commands.
  public static TestBatch after(KeyValueStore store, Command... commands) {
    TestBatch batch = new TestBatch(store.revision() + 1);
    for (Command command : commands) {
      batch.add(command.encode());
    }
    return batch;
  }

  /// Applies one command and returns its result.
  public static @Nullable Object apply(KeyValueStore store, Command command) {
    TestBatch batch = after(store, command);
    store.apply(batch);
    return batch.result(0);
  }

  /// Adds a command, or an entry that is none.
  public void add(byte[] command) {
    commands.add(command);
    results.add(null);
  }

  /// What became of the i-th entry.
  public @Nullable Object result(int i) {
    return results.get(i);
  }

  /// Cluster time of the entry at this index; 0 before the first.
  public static long timeOf(long index) {
    return index == 0 ? 0 : 1000 + index;
  }

  @Override
  public int size() {
    return commands.size();
  }

  @Override
  public long index(int i) {
    return first + i;
  }

  @Override
  public long term(int i) {
    return 1;
  }

  @Override
  public long time(int i) {
    return timeOf(index(i));
  }

  @Override
  public boolean isCommand(int i) {
    return commands.get(i).length > 0;
  }

  @Override
  public byte[] command(int i) {
    return commands.get(i);
  }

  @Override
  public void complete(int i, Object result) {
    results.set(i, result);
  }
}
