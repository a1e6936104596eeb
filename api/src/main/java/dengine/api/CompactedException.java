package dengine.api;

/// A watch was to start from a revision of which the node has no history any more, or does not know
/// what was stored before though that was asked for; the message says which. Read what is there
/// now, and watch from the revision of that read; or ask another node.
public final class CompactedException extends RejectedException {

  private static final long serialVersionUID = 1L;
  private final long oldestRevision;

  /// History is gone.
  ///
  /// @param asked revision to start from
  /// @param oldest that can be had
  public CompactedException(long asked, long oldest) {
    this(
        oldest,
        "from revision = "
            + asked
            + ", permitted: >= "
            + oldest
            + "; the history of what came before is gone: read what is there now and watch from"
            + " the revision of that read");
  }

  /// What another node said.
  ///
  /// @param oldest that can be had
  public CompactedException(long oldest, String message) {
    super(message);
    this.oldestRevision = oldest;
  }

  /// History is there, but not what was stored before its changes.
  ///
  /// @param asked revision to start from
  /// @param oldest that can be had with previous values
  public static CompactedException withoutPreviousValues(long asked, long oldest) {
    return new CompactedException(
        oldest,
        "from revision = "
            + asked
            + " with previous values, permitted: >= "
            + oldest
            + "; a node keeps previous values only while somebody watches with them, and of older"
            + " changes this one has none: start with what comes now (from revision 0), or watch"
            + " without previous values");
  }

  /// The oldest revision that a watch of this kind on this node can start from.
  public long oldestRevision() {
    return oldestRevision;
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.STALE_OPERATION;
  }
}
