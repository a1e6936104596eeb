package dengine.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// Who connects to whom: the headers with which every connection between peers begins. Each end
/// compares them with what it is, so that a message meant for another node or another cluster is
/// refused, not processed (rule L15; etcd #17081).
///
/// @param cluster the sender's cluster id
/// @param from the sender's node id
/// @param to the node id the sender believes to reach
/// @param version the protocol version the sender speaks
record Handshake(long cluster, int from, int to, int version) {

  /// The call that carries packets from one node to another, and echoes back.
  static final MethodDescriptor<byte[], byte[]> LINK =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName("dengine.v1.Peer", "Link"))
          .setRequestMarshaller(new RawBytes())
          .setResponseMarshaller(new RawBytes())
          .build();

  private static final Metadata.Key<String> CLUSTER = key("dengine-cluster");
  private static final Metadata.Key<String> FROM = key("dengine-from");
  private static final Metadata.Key<String> TO = key("dengine-to");
  private static final Metadata.Key<String> VERSION = key("dengine-protocol");

  /// The headers to send.
  Metadata headers() {
    Metadata headers = new Metadata();
    headers.put(CLUSTER, Long.toString(cluster));
    headers.put(FROM, Integer.toString(from));
    headers.put(TO, Integer.toString(to));
    headers.put(VERSION, Integer.toString(version));
    return headers;
  }

  /// What these headers say, or null if they say nothing sensible.
  static @Nullable Handshake of(Metadata headers) {
    try {
      return new Handshake(
          Long.parseLong(text(headers, CLUSTER)),
          Integer.parseInt(text(headers, FROM)),
          Integer.parseInt(text(headers, TO)),
          Integer.parseInt(text(headers, VERSION)));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /// Why a node does not take this connection, or [Status#OK].
  Status check(long ownCluster, int ownId) {
    if (version != PeerCodec.VERSION) {
      return refused(
          "peer protocol version is "
              + version
              + ", node "
              + ownId
              + " speaks "
              + PeerCodec.VERSION);
    }
    if (cluster != ownCluster) {
      return refused(
          "cluster id is " + cluster + ", node " + ownId + " belongs to cluster " + ownCluster);
    }
    if (to != ownId) {
      return refused("meant for node " + to + ", this is node " + ownId);
    }
    if (from < 1 || from == ownId) {
      return refused("sent by node " + from + ", which cannot be a peer of node " + ownId);
    }
    return Status.OK;
  }

  private static Status refused(String why) {
    return Status.FAILED_PRECONDITION.withDescription("connection refused: " + why);
  }

  private static String text(Metadata headers, Metadata.Key<String> key) {
    String value = headers.get(key);
    return value == null ? "" : value;
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /// Packets travel as they are.
  private static final class RawBytes implements MethodDescriptor.Marshaller<byte[]> {

    @Override
    public InputStream stream(byte[] packet) {
      return new KnownBytes(packet);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        // The length was checked against the server's and the channel's maximum before.
        return stream instanceof KnownLength known
            ? stream.readNBytes(known.available())
            : stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// Tells its length and hands all of it over at once, which spares copies.
  private static final class KnownBytes extends ByteArrayInputStream
      implements KnownLength, Drainable {
    KnownBytes(byte[] packet) {
      super(packet);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int drained = available();
      target.write(buf, pos, drained);
      pos += drained;
      return drained;
    }
  }
}
