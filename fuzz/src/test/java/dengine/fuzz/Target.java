package dengine.fuzz;

import java.util.List;

/// A format that crosses a trust boundary, and what decodes it.
public interface Target {

  /// What it is called on the command line.
  String name();

  /// Input that the product's own encoders made, to start from.
  List<byte[]> seeds();

  /// Large input whose parts are as small as they can be: what costs most for its size. Only for
  /// the build: the fuzzer works with small input.
  default List<byte[]> large() {
    return List.of();
  }

  /// Decodes an input, as it is and, where a checksum would end the matter, with the checksum put
  /// right. Whatever the format declares as its error is caught here, and nothing else.
  ///
  /// @param meter runs what is to be measured
  void decode(byte[] input, Meter meter);
}
