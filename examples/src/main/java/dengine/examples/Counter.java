package dengine.examples;

import dengine.engine.spi.StateMachine;
import java.nio.ByteBuffer;

/// A state machine of one's own: a number that everybody may add to.
public final class Counter implements StateMachine {

  private volatile long total;

  /// A counter at 0.
  public Counter() {}

  /// The command that adds to it.
  public static byte[] add(long amount) {
    return ByteBuffer.allocate(Long.BYTES).putLong(amount).array();
  }

  /// What it has come to on this node.
  public long total() {
    return total;
  }

  @Override
  public boolean neverWaits() {
    return true;
  }

  @Override
  public void apply(Batch batch) {
    long sum = total;
    for (int i = 0; i < batch.size(); i++) {
      if (batch.isCommand(i)) {
        sum += ByteBuffer.wrap(batch.command(i)).getLong();
        batch.complete(i, sum);
      }
    }
    total = sum; // readers see all of the batch, or nothing
  }
}
