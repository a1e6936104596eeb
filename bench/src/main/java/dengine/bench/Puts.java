package dengine.bench;

import dengine.api.Bytes;
import dengine.engine.spi.StateMachine;
import dengine.kv.Command;

/// Entries of a log that write one key after the other, the same value each.
///
/// @param first log index of the first entry, minus 1
/// @param from place of the first key; after the last one the first follows
/// @param time cluster time of all of them
/// @param longestTtl each key lives at most so many milliseconds, all lengths alike; 0 for ever
record Puts(Bytes[] keys, long first, int from, int size, long time, long longestTtl)
    implements StateMachine.Batch {

  /// Keys that live for ever.
  Puts(Bytes[] keys, long first, int from, int size) {
    this(keys, first, from, size, 1, 0);
  }

  @Override
  public long index(int i) {
    return first + i + 1;
  }

  @Override
  public long term(int i) {
    return 1;
  }

  @Override
  public long time(int i) {
    return time;
  }

  @Override
  public boolean isCommand(int i) {
    return true;
  }

  @Override
  public byte[] command(int i) {
    int key = (from + i) % keys.length;
    return new Command.Put(keys[key], Payload.VALUE, ttl(key)).encode();
  }

  private long ttl(int key) {
    return longestTtl == 0 ? 0 : 1 + Long.remainderUnsigned(key * 0x9e3779b97f4a7c15L, longestTtl);
  }

  @Override
  public void complete(int i, Object result) {}
}
