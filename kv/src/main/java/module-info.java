/// The key-value state machine: revisions, time to live, watch.
@org.jspecify.annotations.NullMarked
module dengine.kv {
  requires static org.jspecify;
  requires dengine.engine;
  requires transitive dengine.api;

// exports dengine.kv; (uncomment with the first type in it: javac refuses to export an empty
// package)
}
