package dengine.server.config;

/// A host name or IP address with a port; written `host:port`, with brackets around an IPv6
/// address.
///
/// @param host without brackets, not empty
/// @param port 0 to 65535; 0 asks the operating system for a free one where something listens
public record HostPort(String host, int port) {

  public HostPort {
    if (host.isBlank() || host.chars().anyMatch(c -> Character.isWhitespace(c) || c == '/')) {
      throw new IllegalArgumentException("not a host name: \"" + host + "\"");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + " is out of range");
    }
  }

  /// Reads `host:port` or `[ipv6]:port`.
  ///
  /// @throws IllegalArgumentException if it is neither; the message says what is wrong
  public static HostPort parse(String text) {
    if (text.contains("://")) {
      throw new IllegalArgumentException("leave out " + text.substring(0, text.indexOf("://") + 3));
    }
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("the port is missing");
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (!bracketed && host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("an IPv6 address needs brackets");
    }
    try {
      return new HostPort(
          bracketed ? host.substring(1, host.length() - 1) : host,
          Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("the port is not a number", e);
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
