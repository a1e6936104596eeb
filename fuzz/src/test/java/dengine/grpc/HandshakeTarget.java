package dengine.grpc;

import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The headers with which a peer introduces itself, one in each line.
public final class HandshakeTarget implements Target {

  private static final int CONSTANT_BYTES = 8192;
  private static final List<String> NAMES =
      List.of("dengine-cluster", "dengine-from", "dengine-to", "dengine-protocol");

  @Override
  public String name() {
    return "handshake";
  }

  @Override
  public List<byte[]> seeds() {
    return List.of(
        "12345\n2\n1\n1".getBytes(StandardCharsets.US_ASCII),
        "-1\n0\n1\n9".getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    String[] lines = new String(input, StandardCharsets.US_ASCII).split("\n", -1);
    Metadata headers = new Metadata();
    for (int i = 0; i < Math.min(lines.length, NAMES.size()); i++) {
      headers.put(Metadata.Key.of(NAMES.get(i), Metadata.ASCII_STRING_MARSHALLER), lines[i]);
    }
    meter.measure(
        input.length,
        CONSTANT_BYTES,
        () -> {
          Handshake handshake = Handshake.of(headers);
          if (handshake != null) {
            Status _ = handshake.check(12345, 1);
          }
        });
  }
}
