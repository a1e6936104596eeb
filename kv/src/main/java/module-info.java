/// The key-value state machine: revisions, time to live, watch.
@org.jspecify.annotations.NullMarked
module dengine.kv {
  requires static transitive org.jspecify;
  requires transitive dengine.engine;
  requires transitive dengine.api;

  exports dengine.kv;
  exports dengine.kv.watch;
}
