/// The node: event loop, timers, applying, snapshots, and the interfaces that storage, transport
/// and state machines implement.
@org.jspecify.annotations.NullMarked
module dengine.engine {
  requires static transitive org.jspecify;
  requires transitive dengine.raft;

  exports dengine.engine;
  exports dengine.engine.spi;
}
