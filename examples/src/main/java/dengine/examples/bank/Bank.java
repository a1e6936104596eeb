package dengine.examples.bank;

import dengine.engine.spi.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// Accounts and what is in them, in memory.
///
/// [#apply], [#view] and [#restore] are called by one thread at a time; readers come on any.
public final class Bank implements StateMachine {

  private static final int FORMAT = 1;

  /// Replaced as a whole by [#restore], so that no reader sees half of a snapshot.
  private volatile Map<String, Long> accounts = new ConcurrentHashMap<>();

  /// A bank without accounts.
  public Bank() {}

  /// What is in an account on this node; 0 if there is none.
  public long balance(String account) {
    return accounts.getOrDefault(account, 0L);
  }

  /// All accounts on this node, by name.
  public SortedMap<String, Long> accounts() {
    return new TreeMap<>(accounts);
  }

  @Override
  public boolean neverWaits() {
    return true;
  }

  @Override
  public void apply(Batch batch) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.isCommand(i)) {
        batch.complete(i, execute(batch.command(i)));
      }
    }
  }

  /// An invalid command is no reason to throw: every node would stop, and again when it is started.
  private Outcome execute(byte[] command) {
    Optional<BankCommand> decoded = BankCommand.decode(command);
    if (decoded.isEmpty()) {
      return new Outcome.Refused("these bytes are no command");
    }
    return switch (decoded.get()) {
      case BankCommand.Deposit(String account, long amount) ->
          amount <= 0 ? new Outcome.Refused("amount = " + amount) : add(account, amount);
      case BankCommand.Transfer(String from, String to, long amount) -> {
        if (amount <= 0 || balance(from) < amount) {
          yield new Outcome.Refused(from + " has " + balance(from));
        }
        Outcome _ = add(from, -amount);
        yield add(to, amount);
      }
    };
  }

  private Outcome add(String account, long amount) {
    long balance = balance(account) + amount;
    if (balance == 0) {
      accounts.remove(account);
    } else {
      accounts.put(account, balance);
    }
    return new Outcome.Done(balance);
  }

  /// A sorted copy, so that equal states have equal snapshots. It takes milliseconds for some ten
  /// thousand accounts; with millions, keep them in a structure that can be shared instead.
  @Override
  public Optional<View> view() {
    return Optional.of(new Copy(accounts()));
  }

  private record Copy(SortedMap<String, Long> accounts) implements View {

    @Override
    public void writeTo(OutputStream stream) throws IOException {
      DataOutputStream out = new DataOutputStream(stream);
      out.writeInt(FORMAT);
      out.writeInt(accounts.size());
      for (Map.Entry<String, Long> account : accounts.entrySet()) {
        out.writeUTF(account.getKey());
        out.writeLong(account.getValue());
      }
      out.flush();
    }

    @Override
    public void close() {}
  }

  @Override
  public void restore(InputStream snapshot, long index, long time) throws IOException {
    DataInputStream in = new DataInputStream(snapshot);
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IOException("a snapshot of format " + format + ", this version reads " + FORMAT);
    }
    Map<String, Long> restored = new ConcurrentHashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      restored.put(in.readUTF(), in.readLong());
    }
    if (in.read() >= 0) {
      throw new IOException("there is more in the snapshot than its accounts");
    }
    accounts = restored;
  }
}
