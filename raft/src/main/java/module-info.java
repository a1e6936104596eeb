/// The Raft algorithm as a deterministic state machine: events in, effects out. Needs java.base,
/// nothing else.
@org.jspecify.annotations.NullMarked
module dengine.raft {
  requires static org.jspecify;

  exports dengine.raft;
}
