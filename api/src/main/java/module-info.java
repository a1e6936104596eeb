/// What users program against: clients, events, errors, options. Needs the JDK, nothing else.
@org.jspecify.annotations.NullMarked
module dengine.api {
  requires static org.jspecify;

  // exports dengine.api; (uncomment with the first type in it: javac refuses to export an empty package)
}
