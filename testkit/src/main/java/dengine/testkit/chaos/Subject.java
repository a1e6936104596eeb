package dengine.testkit.chaos;

import dengine.api.Bytes;

/// What somebody watches.
///
/// @param what a key, or the prefix of keys
/// @param prefix which of both
/// @param previous whether he wants to be told what was there before
record Subject(Bytes what, boolean prefix, boolean previous) {

  boolean covers(Bytes key) {
    return prefix ? key.startsWith(what) : key.equals(what);
  }

  @Override
  public String toString() {
    return what.text() + (prefix ? "*" : "") + (previous ? " with previous values" : "");
  }
}
