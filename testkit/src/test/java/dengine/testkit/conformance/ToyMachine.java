package dengine.testkit.conformance;

import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StateMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Sums by key, in a file of its own, with a mistake.
final class ToyMachine implements StateMachine {

  /// What it does wrong.
  enum Mistake {
    NONE,
    ANSWERS_DEPEND_ON_THE_BATCH,
    STATE_DEPENDS_ON_THE_BATCH,
    SHOWS_A_BATCH_LATE,
    DECODES_WHAT_IS_NO_COMMAND,
    ANSWERS_WHAT_IS_NO_COMMAND,
    KEEPS_THE_BATCH,
    CHANGES_THE_COMMAND,
    DOES_NOT_SAY_WHAT_SURVIVED,
    SAVES_WHEN_CLOSED_ONLY,
    SAVES_NOT_WHAT_IT_RESTORED,
    SAYS_ANOTHER_TERM,
    SAYS_ANOTHER_TIME,
    REFUSES_ITS_OWN_STATE,
    DISCARDS_FOR_NOW,
    VIEW_IS_ALIVE,
    VIEW_LOCKS,
    HAS_ONE_VIEW,
    VIEW_MUST_BE_WRITTEN,
    IGNORES_A_FULL_DISK,
    SNAPSHOT_LACKS_THE_COUNT,
    RESTORE_MERGES,
    RESTORES_IN_PLACE,
    TAKES_WHAT_IS_THERE,
    IGNORES_READ_ERRORS,
    BELIEVES_LENGTHS,
    SNAPSHOTS_DIFFER
  }

  private static final AtomicInteger INSTANCES = new AtomicInteger();

  /// @param count of commands
  record State(TreeMap<Integer, Long> sums, long count) {
    static State empty() {
      return new State(new TreeMap<>(), 0);
    }

    State copy() {
      return new State(new TreeMap<>(sums), count);
    }
  }

  private final Mistake mistake;
  private final Path file;
  private final int instance = INSTANCES.incrementAndGet();
  private long survived;
  private long applied;
  private long term;
  private long time;
  private State state = State.empty();
  private volatile State shown = State.empty();
  private State viewed = State.empty();
  private @Nullable Batch kept;

  ToyMachine(Path directory, Mistake mistake) {
    this.mistake = mistake;
    this.file = directory.resolve("state");
    try {
      if (Files.exists(file)) {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
          applied = in.readLong();
          term = in.readLong();
          time = in.readLong();
          state = read(in);
          shown = state;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    survived = mistake == Mistake.DOES_NOT_SAY_WHAT_SURVIVED ? 0 : applied;
  }

  static byte[] command(int key, long amount) {
    return ByteBuffer.allocate(12).putInt(key).putLong(amount).array();
  }

  State shown() {
    return shown.copy();
  }

  @Override
  public long appliedIndex() {
    return survived;
  }

  @Override
  public long appliedTerm() {
    return mistake == Mistake.SAYS_ANOTHER_TERM ? term + 1 : term;
  }

  @Override
  public long appliedTime() {
    return mistake == Mistake.SAYS_ANOTHER_TIME ? time + 1 : time;
  }

  @Override
  public boolean belongsTo(MetaStore.Identity node, long incarnation) {
    return survived == 0 || mistake != Mistake.REFUSES_ITS_OWN_STATE;
  }

  @Override
  public boolean discard() {
    survived = 0;
    applied = 0;
    term = 0;
    time = 0;
    state = State.empty();
    shown = state;
    if (mistake != Mistake.DISCARDS_FOR_NOW) {
      save(state);
    }
    return true;
  }

  @Override
  public void apply(Batch batch) {
    if (mistake == Mistake.VIEW_LOCKS) {
      synchronized (this) {
        applyAll(batch);
      }
    } else {
      applyAll(batch);
    }
  }

  private void applyAll(Batch batch) {
    if (mistake == Mistake.KEEPS_THE_BATCH && kept != null) {
      kept.size();
    }
    kept = batch;
    State next = mistake == Mistake.VIEW_IS_ALIVE ? state : state.copy();
    long count = next.count;
    for (int i = 0; i < batch.size(); i++) {
      applied = batch.index(i);
      term = batch.term(i);
      time = batch.time(i);
      if (!batch.isCommand(i) && mistake == Mistake.ANSWERS_WHAT_IS_NO_COMMAND) {
        batch.complete(i, count);
      }
      if (batch.isCommand(i) || mistake == Mistake.DECODES_WHAT_IS_NO_COMMAND) {
        ByteBuffer command = ByteBuffer.wrap(batch.command(i));
        long sum = next.sums.merge(command.getInt(), command.getLong(), Long::sum);
        count++;
        batch.complete(
            i, mistake == Mistake.ANSWERS_DEPEND_ON_THE_BATCH ? sum + batch.size() : sum);
        if (mistake == Mistake.CHANGES_THE_COMMAND) {
          batch.command(i)[0]++;
        }
      }
    }
    count += mistake == Mistake.STATE_DEPENDS_ON_THE_BATCH ? 1 : 0;
    if (mistake == Mistake.SHOWS_A_BATCH_LATE) {
      shown = state;
    }
    state = new State(next.sums, count);
    if (mistake != Mistake.SHOWS_A_BATCH_LATE) {
      shown = state;
    }
    save(mistake == Mistake.SAVES_WHEN_CLOSED_ONLY ? State.empty() : state);
  }

  private void save(State what) {
    Path temporary = file.resolveSibling("next");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(temporary))) {
      out.writeLong(applied);
      out.writeLong(term);
      out.writeLong(time);
      write(what, out);
      Files.move(temporary, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<View> view() {
    State now = state;
    viewed = now;
    return Optional.of(new ToyView(now));
  }

  private final class ToyView implements View {
    private final State now;
    private boolean written;

    ToyView(State now) {
      this.now = now;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      written = true;
      State what = mistake == Mistake.HAS_ONE_VIEW ? viewed : now;
      try {
        if (mistake == Mistake.VIEW_LOCKS) {
          synchronized (ToyMachine.this) {
            write(what, new DataOutputStream(out));
          }
        } else {
          write(what, new DataOutputStream(out));
        }
      } catch (IOException e) {
        if (mistake != Mistake.IGNORES_A_FULL_DISK) {
          throw e;
        }
      }
    }

    @Override
    public void close() {
      if (!written && mistake == Mistake.VIEW_MUST_BE_WRITTEN) {
        throw new IllegalStateException("not written");
      }
    }
  }

  private void write(State what, DataOutputStream out) throws IOException {
    if (mistake == Mistake.SNAPSHOTS_DIFFER) {
      out.writeInt(instance);
    }
    out.writeLong(mistake == Mistake.SNAPSHOT_LACKS_THE_COUNT ? 0 : what.count);
    out.writeInt(what.sums.size());
    for (var entry : what.sums.entrySet()) {
      out.writeInt(entry.getKey());
      out.writeLong(entry.getValue());
    }
  }

  private State read(DataInputStream in) throws IOException {
    if (mistake == Mistake.SNAPSHOTS_DIFFER) {
      in.readInt();
    }
    TreeMap<Integer, Long> sums = new TreeMap<>();
    long count = in.readLong();
    int size = in.readInt();
    if (mistake == Mistake.BELIEVES_LENGTHS) {
      sums.put(-1, (long) new long[Math.max(0, size)].length);
      sums.remove(-1);
    }
    for (int i = 0; i < size; i++) {
      sums.put(in.readInt(), in.readLong());
      if (mistake == Mistake.RESTORES_IN_PLACE) {
        shown = new State(sums, count);
      }
    }
    return new State(sums, count);
  }

  @Override
  public void restore(InputStream snapshot, long index, long atTerm, long atTime)
      throws IOException {
    State next;
    try {
      next = read(new DataInputStream(snapshot));
    } catch (EOFException e) {
      if (mistake == Mistake.TAKES_WHAT_IS_THERE) {
        return;
      }
      throw e;
    } catch (IOException e) {
      if (mistake == Mistake.IGNORES_READ_ERRORS) {
        return;
      }
      throw e;
    }
    if (mistake == Mistake.RESTORE_MERGES) {
      state.sums.forEach(next.sums::putIfAbsent);
    }
    State before = state;
    state = next;
    shown = next;
    applied = index;
    term = atTerm;
    time = atTime;
    save(mistake == Mistake.SAVES_NOT_WHAT_IT_RESTORED ? before : next);
  }

  @Override
  public void close() {
    save(state);
  }
}
