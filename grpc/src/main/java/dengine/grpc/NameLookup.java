package dengine.grpc;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.function.Consumer;

/// Turns `host:port` into an address to connect to. Names are looked up each time, since a node
/// that returns may do so elsewhere, and on a thread of its own, since a lookup can take many
/// seconds. gRPC's own resolver would write a warning with a stack trace for every attempt.
final class NameLookup {

  private NameLookup() {}

  /// @param address `host:port`, IPv6 as `[address]:port`
  /// @param attempt number of the attempt: a name with several addresses gives one after the other
  /// @param found told the address, on any thread
  /// @param failed told why there is none, on any thread
  static void start(
      String address, int attempt, Consumer<InetSocketAddress> found, Consumer<String> failed) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    int port = Integer.parseInt(address.substring(colon + 1));
    Runnable lookup =
        () -> {
          try {
            InetAddress[] all = InetAddress.getAllByName(host);
            found.accept(new InetSocketAddress(all[Math.floorMod(attempt, all.length)], port));
          } catch (UnknownHostException e) {
            failed.accept("no such host: " + host);
          }
        };
    if (NetUtil.isValidIpV4Address(host) || host.startsWith("[")) {
      lookup.run();
    } else {
      Thread.ofVirtual().name("dengine-lookup").start(lookup);
    }
  }
}
