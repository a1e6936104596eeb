package dengine.testkit.chaos;

/// What a watch is told over.
enum Wire {
  /// A client that goes on at another server by itself.
  CLIENT("client", true),
  /// The stream that clients of this engine speak, at one server.
  OWN("own stream", true),
  /// The original's stream, at one server. It cannot be asked for the past.
  ORIGINAL("original's stream", false);

  private final String text;
  private final boolean resumes;

  Wire(String text, boolean resumes) {
    this.text = text;
    this.resumes = resumes;
  }

  /// Whether it can begin where another one ended.
  boolean resumes() {
    return resumes;
  }

  @Override
  public String toString() {
    return text;
  }
}
