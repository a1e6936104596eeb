package dengine.grpc;

import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/// An address as users write it: `host:port`, `:port` for every interface, `[::1]:port` for IPv6.
///
/// @param host a name or an address; empty for every interface
/// @param port 0 to 65535
record HostPort(String host, int port) {

  static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("address = " + text + ", permitted: host:port");
    }
    String host = text.substring(0, colon);
    if (host.contains(":") && !(host.startsWith("[") && host.endsWith("]"))) {
      throw new IllegalArgumentException(
          "address = " + text + ", permitted: host:port, IPv6 as [address]:port");
    }
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (port >= 0 && port <= 0xffff) {
        return new HostPort(host, port);
      }
    } catch (NumberFormatException e) {
      // Told below, with the text.
    }
    throw new IllegalArgumentException("address = " + text + ", permitted: a port of 0 to 65535");
  }

  /// This address for listening.
  InetSocketAddress resolved() throws UnknownHostException {
    if (host.isEmpty()) {
      return new InetSocketAddress(port);
    }
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UnknownHostException("cannot listen on " + host + ": no such host");
    }
    return address;
  }
}
