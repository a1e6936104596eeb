package dengine.engine;

/// A leader's permission to answer reads alone.
///
/// @param term the term it leads; a node leads a term for one uninterrupted stretch, so the same
///     term before and after a read means that it led all the while
/// @param until when it ends, by the node's clock
record Lease(long term, long until) {

  /// No permission.
  static final Lease NONE = new Lease(0, Long.MIN_VALUE);
}
