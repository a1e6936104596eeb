package dengine.api;

/// A watch was to start from a revision of which the node has no history any more. Read what is
/// there now, and watch from the revision of that read; or ask another node.
public final class CompactedException extends RejectedException {

  private static final long serialVersionUID = 1L;
  private final long oldestRevision;

  /// @param asked revision to start from
  /// @param oldest that can be had
  public CompactedException(long asked, long oldest) {
    super(
        "from revision = "
            + asked
            + ", permitted: >= "
            + oldest
            + "; the history of what came before is gone: read what is there now and watch from"
            + " the revision of that read");
    this.oldestRevision = oldest;
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
