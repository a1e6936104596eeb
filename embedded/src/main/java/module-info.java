/// The artifact an application adds: a node in its own JVM.
@org.jspecify.annotations.NullMarked
module dengine.embedded {
  requires static org.jspecify;
  requires transitive dengine.api;
  requires transitive dengine.engine;
  requires dengine.kv;
  requires dengine.storage;

// exports dengine.embedded; (uncomment with the first type in it: javac refuses to export an
// empty package)
}
