/// What users program against: clients, events, errors, options. Needs the JDK, nothing else.
@org.jspecify.annotations.NullMarked
module dengine.api {
  requires static org.jspecify;

  exports dengine.api;
  exports dengine.api.spi;
}
