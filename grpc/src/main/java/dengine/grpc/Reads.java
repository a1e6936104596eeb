package dengine.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.TimeToLive;
import dengine.proto.client.ReadConsistencyPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Turns what reads ask for into the API's terms.
///
/// @param options the server's default policy and whether clients may override it
record Reads(ServiceOptions options) {

  /// The policy of a read that names one. A number from a later version counts as absent.
  ReadPolicy policy(ReadConsistencyPolicy asked) {
    if (!options.allowClientOverride()) {
      return options.defaultPolicy();
    }
    return switch (asked) {
      case READ_CONSISTENCY_POLICY_LEASE_READ -> ReadPolicy.LEASE;
      case READ_CONSISTENCY_POLICY_LINEARIZABLE_READ -> ReadPolicy.LINEARIZABLE;
      case READ_CONSISTENCY_POLICY_EVENTUAL_CONSISTENCY -> ReadPolicy.EVENTUAL;
      case UNRECOGNIZED -> options.defaultPolicy();
    };
  }

  /// The policy of a read; 0 on the wire is LEASE, so presence decides, not the value.
  ReadPolicy policy(boolean present, ReadConsistencyPolicy asked) {
    return present ? policy(asked) : options.defaultPolicy();
  }

  static Scan scan(ByteString prefix, Optional<ByteString> from, int limit, ReadPolicy policy) {
    // The wire's numbers are unsigned; what does not fit into an int is beyond every limit.
    int most = limit == 0 ? Scan.MAX_LIMIT : limit < 0 ? Integer.MAX_VALUE : limit;
    return new Scan(bytes(prefix), from.map(Reads::bytes), most, policy);
  }

  static List<Bytes> keys(List<ByteString> keys) {
    List<Bytes> all = new ArrayList<>(keys.size());
    for (ByteString key : keys) {
      all.add(bytes(key));
    }
    return all;
  }

  /// @throws InvalidRequestException if it is out of range; the wire's numbers are unsigned
  static Duration ttl(Duration asked) {
    return Duration.ofMillis(TimeToLive.millis(asked));
  }

  static Bytes bytes(ByteString content) {
    return Bytes.wrap(content.toByteArray());
  }

  /// Both sides promise not to change the array.
  static ByteString wire(Bytes content) {
    return UnsafeByteOperations.unsafeWrap(content.unsafeArray());
  }
}
