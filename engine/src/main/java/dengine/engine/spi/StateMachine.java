package dengine.engine.spi;

import dengine.raft.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/// What an application replicates. The engine calls [#apply] from one thread at a time, in log
/// order, each committed command exactly once per process; everything else about the machine is the
/// application's own business, reads included (`Node.read` says when and how to look at it).
///
/// Applying must be deterministic: it may use the command, its index and its cluster time, never
/// the local clock, randomness or iteration order that differs between nodes.
public interface StateMachine extends AutoCloseable {

  /// Largest command that is replicated, in bytes: larger ones are refused before anything is
  /// written. The same on every node, since each must be able to store what any leader took.
  int MAX_COMMAND_BYTES = Entry.MAX_PAYLOAD_BYTES;

  /// Index of the last command whose effects survived in the machine's own storage when it was
  /// opened. The engine applies from the one after it. 0 (the default) for a machine that lives in
  /// memory.
  default long appliedIndex() {
    return 0;
  }

  /// Term of the entry at [#appliedIndex], written together with it; 0 (the default) if the machine
  /// keeps none. By term and time the engine finds out that a state is of another history than the
  /// log, and does not apply the one on top of the other.
  default long appliedTerm() {
    return 0;
  }

  /// Cluster time in milliseconds of the entry at [#appliedIndex], as [#appliedTerm]: where a log
  /// was put back to what it was before, and has gone on from there, the same index may come again
  /// in the same term, but hardly at the same time.
  default long appliedTime() {
    return 0;
  }

  /// Told once, before [#apply] and [#restore], whose state this is from now on. A machine with
  /// storage of its own writes that down with everything it writes.
  ///
  /// @param node the node
  /// @param incarnation random number of the node's data directory ([MetaStore#incarnation]): an
  ///     empty directory in the place of another one makes another history
  /// @return whether what the machine holds is of the same, or nothing; true (the default) for a
  ///     machine that does not know
  default boolean belongsTo(MetaStore.Identity node, long incarnation) {
    return true;
  }

  /// Gives up the state, durably, because it is ahead of a log that is not synced at once
  /// (`MemFirst`), or of another history, or of another node.
  /// Called at a start only, after the newest snapshot has been verified; [#restore] and [#apply]
  /// follow as on a new machine.
  ///
  /// @return true if [#appliedIndex] is 0 now; false (the default) if the machine does not do
  ///     that: then the node refuses to start
  default boolean discard() {
    return false;
  }

  /// Whether [#apply] of a few entries takes microseconds and waits for nothing and nobody. The
  /// engine may then apply on the thread that learnt of the commit, its event loop's, and saves
  /// waking another one. A machine that promises this and hangs costs the node its leadership.
  default boolean neverWaits() {
    return false;
  }

  /// Applies committed entries. When the call returns, readers on every thread must see the effects
  /// of the whole batch.
  ///
  /// @throws RuntimeException for a broken machine: the node stops with this cause; an invalid
  ///     command is not a reason to throw but a result
  void apply(Batch batch);

  /// Cluster time in milliseconds at which something of the state has to change by itself, such as
  /// a key that expires; [Long#MAX_VALUE] (the default) for never. When it comes and no command
  /// does, the leader appends an entry that moves the time; every replica gets it as a [Batch]
  /// entry that is no command, and changes by its [Batch#time].
  ///
  /// What would take long at once may be done in parts: as long as the time given here is none
  /// after that of the last applied entry, the leader appends one such entry after the other, up to
  /// 200 per second. Any thread, at any time; must not wait.
  default long nextDeadline() {
    return Long.MAX_VALUE;
  }

  /// A view of the state as it is now, between two batches, which later batches do not change.
  /// Called where [#apply] is, so it must return within milliseconds; what takes long is
  /// [View#writeTo]'s, which runs beside later batches.
  ///
  /// @return empty (the default) if this machine takes no snapshots: then the log keeps everything,
  ///     and nobody can join whom the log alone does not bring up to date
  default Optional<View> view() {
    return Optional.empty();
  }

  /// Replaces the state by that of a snapshot. Called where [#apply] is; readers see the old state
  /// or the new one, never something between, and the new one when this returns.
  ///
  /// @param snapshot what [View#writeTo] wrote, on this node or another one; verified
  /// @param index of the last entry the snapshot includes; the next batch begins right after it
  /// @param time cluster time of that entry in milliseconds
  /// @throws IOException when reading fails; the node stops, and tries again when it is started
  default void restore(InputStream snapshot, long index, long time) throws IOException {
    throw new IOException("this state machine takes no snapshots");
  }

  /// The same, with the term of that entry, for a machine that keeps [#appliedTerm]. This is what
  /// the engine calls; the default leaves the term out.
  default void restore(InputStream snapshot, long index, long term, long time) throws IOException {
    restore(snapshot, index, time);
  }

  /// The state at one moment.
  interface View extends AutoCloseable {

    /// Writes all of it. Called once, on a thread of its own, while the machine applies.
    void writeTo(OutputStream out) throws IOException;

    /// Lets go of the state. Called exactly once, on any thread, also when nothing was written.
    @Override
    void close();
  }

  /// Releases what the machine holds. No call follows.
  @Override
  default void close() {}

  /// Committed entries, in log order without holes. Entries that are not commands (a new leader's
  /// no-op) have an empty payload and [#isCommand] false, so that indexes stay consecutive.
  ///
  /// Valid only during [StateMachine#apply].
  interface Batch {

    /// Number of entries, at least 1.
    int size();

    /// Log index of the i-th entry; the first one's plus i.
    long index(int i);

    /// Term of the i-th entry.
    long term(int i);

    /// Cluster time of the i-th entry in milliseconds; never decreases along the log.
    long time(int i);

    /// Whether the i-th entry is a command of the application.
    boolean isCommand(int i);

    /// The command's bytes; owned by the engine, not to be changed; may be kept.
    byte[] command(int i);

    /// Hands the result to whoever proposed the i-th entry, if he waits on this node. Results are
    /// delivered after [StateMachine#apply] has returned.
    void complete(int i, Object result);
  }
}
