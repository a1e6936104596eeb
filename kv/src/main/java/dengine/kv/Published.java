package dengine.kv;

/// What the writer publishes once per applied batch; a reader loads it once and sees the store as
/// of then.
///
/// @param revision log index of the last applied entry
/// @param time cluster time of the last applied entry in milliseconds
/// @param keys the ordered index at this revision
/// @param count number of keys, with those that should have gone
/// @param liveBytes bytes of the newest records
/// @param heldBytes bytes of the arrays that hold records
/// @param indexBytes bytes of the indexes, roughly
/// @param nextDeadline cluster time at which the next key goes, [Long#MAX_VALUE] if none does; not
///     after `time` if keys are left that should have gone
record Published(
    long revision,
    long time,
    Node keys,
    long count,
    long liveBytes,
    long heldBytes,
    long indexBytes,
    long nextDeadline) {

  static final Published NOTHING = new Published(0, 0, Node.Leaf.EMPTY, 0, 0, 0, 0, Long.MAX_VALUE);

  /// Whether nobody may see a record of this revision, since its time has come.
  boolean hides(byte[] slab, int at) {
    return nextDeadline <= time && Layout.hasGone(slab, at, time);
  }
}
