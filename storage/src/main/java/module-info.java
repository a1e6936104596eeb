/// Segmented log, vote records and snapshot files on a disk.
@org.jspecify.annotations.NullMarked
module dengine.storage {
  requires static org.jspecify;
  requires transitive dengine.engine;

// exports dengine.storage; (uncomment with the first type in it: javac refuses to export an empty
// package)
}
