package dengine.raft;

/// Why a proposal or a read was not accepted. In every case nothing was written.
public sealed interface Refusal {

  /// This node does not lead.
  ///
  /// @param leader id of the leader as far as known, or 0
  record NotLeader(int leader) implements Refusal {}

  /// More uncommitted bytes or waiting reads than allowed.
  ///
  /// @param what the limit that was reached, for the error message
  record Overloaded(String what) implements Refusal {}

  /// Leadership is being handed over; a new leader will be known shortly.
  record Transferring(int to) implements Refusal {}

  /// Another change of the members is under way, or the leader does not yet know whether one is
  /// (rule M1). It can be asked for again in a moment.
  record ChangeInProgress(String what) implements Refusal {}

  /// The cluster would be unable to commit anything, or close to it.
  record WouldLoseQuorum(String why) implements Refusal {}

  /// The command is larger than an entry may be.
  ///
  /// @param bytes its size
  /// @param most [Entry#MAX_PAYLOAD_BYTES]
  record TooLarge(int bytes, int most) implements Refusal {}

  /// The request makes no sense in this configuration.
  record Invalid(String why) implements Refusal {}

  /// The node has stopped or its log has failed.
  record Stopped() implements Refusal {}
}
