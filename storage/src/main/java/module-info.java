/// The log and the identity of a node, kept in files of one directory.
@org.jspecify.annotations.NullMarked
module dengine.storage {
  requires static org.jspecify;
  requires transitive dengine.engine;

  exports dengine.storage;
}
