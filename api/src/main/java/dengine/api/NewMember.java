package dengine.api;

/// A node that is to join.
///
/// @param id its number, at least 1; never used by a node that is still about
/// @param address where the other members reach it, `host:port`
/// @param readOnly whether it stays a learner for ever
/// @param incarnation the random number its disk was set up with; 0 if not known, then the node
///     tells it when it introduces itself
/// @param replaces a member that leaves in the same step in which this one gets its vote; 0 for
///     none
public record NewMember(int id, String address, boolean readOnly, long incarnation, int replaces) {

  /// Most bytes of an address.
  public static final int MAX_ADDRESS_BYTES = 1024;

  public NewMember {
    require(id >= 1, "id", id, ">= 1");
    require(!address.isEmpty(), "address", "\"\"", "host:port");
    require(
        address.length() <= MAX_ADDRESS_BYTES / 3,
        "address",
        address.length() + " characters",
        "at most " + MAX_ADDRESS_BYTES / 3);
    require(replaces >= 0 && replaces != id, "replaces", replaces, "another node's id, 0 for none");
    require(
        !readOnly || replaces == 0,
        "replaces",
        replaces,
        "0 where readOnly is set: who never gets a vote can take nobody's place");
  }

  private static void require(boolean holds, String name, Object value, String permitted) {
    if (!holds) {
      throw new InvalidRequestException(name, value, permitted);
    }
  }
}
