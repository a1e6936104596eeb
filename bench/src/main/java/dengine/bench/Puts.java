package dengine.bench;

import dengine.api.Bytes;
import dengine.engine.spi.StateMachine;
import dengine.kv.Command;

/// Entries of a log that write one key after the other, the same value each.
///
/// @param first log index of the first entry, minus 1
/// @param from place of the first key; after the last one the first follows
record Puts(Bytes[] keys, long first, int from, int size) implements StateMachine.Batch {

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
    return 1;
  }

  @Override
  public boolean isCommand(int i) {
    return true;
  }

  @Override
  public byte[] command(int i) {
    return new Command.Put(keys[(from + i) % keys.length], Payload.VALUE).encode();
  }

  @Override
  public void complete(int i, Object result) {}
}
