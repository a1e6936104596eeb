package dengine.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import io.grpc.BindableService;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// Refuses a request of too many parts before it is parsed. A part is two bytes on the wire and
/// many times that as an object: two megabytes of empty commands became a gigabyte.
///
/// @param delegate parses
/// @param type of the message
record BoundedMessages<T>(Marshaller<T> delegate, Descriptor type) implements Marshaller<T> {

  /// Messages within messages and unknown fields that any request may have. The commands that may
  /// be in flight in one session fit, and nothing below 64 KiB has more, so small requests are not
  /// looked at.
  static final int FREE_PARTS = 32 << 10;

  private static final int LEAST_PART_BYTES = 2;

  /// Beyond [#FREE_PARTS], one part more for each so many bytes.
  private static final int BYTES_PER_PART = 16;

  /// The same service, with bounds.
  static BindableService around(BindableService service) {
    return () -> bounded(service.bindService());
  }

  private static ServerServiceDefinition bounded(ServerServiceDefinition service) {
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
            .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    var methods = service.getMethods().stream().map(BoundedMessages::bounded).toList();
    methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
    ServerServiceDefinition.Builder definition =
        ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(definition::addMethod);
    return definition.build();
  }

  private static <Q, R> ServerMethodDefinition<Q, R> bounded(ServerMethodDefinition<Q, R> method) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    if (descriptor.getRequestMarshaller() instanceof PrototypeMarshaller<Q> parser
        && parser.getMessagePrototype() instanceof Message prototype) {
      return ServerMethodDefinition.create(
          descriptor.toBuilder()
              .setRequestMarshaller(new BoundedMessages<>(parser, prototype.getDescriptorForType()))
              .build(),
          method.getServerCallHandler());
    }
    throw new IllegalArgumentException("not a protobuf method: " + descriptor.getFullMethodName());
  }

  @Override
  public InputStream stream(T message) {
    return delegate.stream(message);
  }

  @Override
  public T parse(InputStream stream) {
    try {
      if (stream instanceof KnownLength && stream.available() <= LEAST_PART_BYTES * FREE_PARTS) {
        return delegate.parse(stream);
      }
      // The length was checked against the server's maximum before.
      byte[] message = stream.readAllBytes();
      requireFewParts(message, type);
      return delegate.parse(new ByteArrayInputStream(message));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Refuses a message of too many parts.
  ///
  /// @throws io.grpc.StatusRuntimeException if it has
  static void requireFewParts(byte[] message, Descriptor type) {
    int most = FREE_PARTS + message.length / BYTES_PER_PART;
    int parts;
    try {
      parts = parts(CodedInputStream.newInstance(message), type, most);
    } catch (IOException e) {
      return; // The parser will say what is wrong, at the same place.
    }
    if (parts > most) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(
              "a request of %d bytes has more than %d parts: split it"
                  .formatted(message.length, most))
          .asRuntimeException();
    }
  }

  /// What is kept aside as unknown costs most; keys and values cost little more than their bytes.
  private static boolean isUnknown(@Nullable FieldDescriptor field, int wire) {
    return field == null
        || (wire != field.getLiteType().getWireType()
            && !(field.isPackable() && wire == WireFormat.WIRETYPE_LENGTH_DELIMITED));
  }

  /// Counts parts, until there are more than `most`.
  private static int parts(CodedInputStream in, Descriptor type, int most) throws IOException {
    int parts = 0;
    for (int tag = in.readTag(); tag != 0 && parts <= most; tag = in.readTag()) {
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      int wire = WireFormat.getTagWireType(tag);
      if (wire == WireFormat.WIRETYPE_START_GROUP) {
        return Integer.MAX_VALUE; // Nobody sends groups, and what is in one is not looked at.
      }
      boolean delimited = wire == WireFormat.WIRETYPE_LENGTH_DELIMITED;
      boolean inner =
          field != null && delimited && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (inner || isUnknown(field, wire)) {
        parts++;
      }
      if (field != null && inner) {
        int limit = in.pushLimit(in.readRawVarint32());
        int inside = parts(in, field.getMessageType(), most - parts);
        if (inside > most - parts) {
          return Integer.MAX_VALUE;
        }
        parts += inside;
        in.popLimit(limit);
      } else {
        in.skipField(tag);
      }
    }
    return parts;
  }
}
