package dengine.cli;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say how keys and values are read and results are printed.
final class Presentation {

  private static final String VALUE = "VALUE";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table, json or value. Default: value for get, table for all others.")
  @Nullable OutputFormat output;

  @Option(
      names = "--encoding",
      paramLabel = "ENCODING",
      defaultValue = "utf8",
      description =
          "How keys and values are written here and printed: utf8, hex or base64. Default: utf8.")
  Encoding encoding = Encoding.UTF8;

  OutputFormat outputOr(OutputFormat standard) {
    return output == null ? standard : output;
  }

  /// Members of a JSON object for bytes: `"key": text`, or `"key_base64"` if they are no text.
  void member(Map<String, @Nullable Object> object, String name, Bytes bytes) {
    encoding
        .encode(bytes)
        .ifPresentOrElse(
            text -> object.put(name, text),
            () -> object.put(name + "_base64", Encoding.BASE64.encode(bytes).orElseThrow()));
  }

  /// The JSON form of a stored key.
  Map<String, @Nullable Object> json(KeyValue entry) {
    Map<String, @Nullable Object> object = Json.object();
    member(object, "key", entry.key());
    member(object, "value", entry.value());
    object.put("create_revision", entry.createRevision());
    object.put("mod_revision", entry.modRevision());
    object.put("version", entry.version());
    return object;
  }

  /// The JSON form of a stored key without its value.
  Map<String, @Nullable Object> jsonOfKey(KeyValue entry) {
    Map<String, @Nullable Object> object = json(entry);
    object.remove("value");
    object.remove("value_base64");
    return object;
  }

  /// A table of stored keys, as wide as the terminal.
  Table table(List<KeyValue> entries, Surroundings surroundings) {
    Table table = new Table("KEY", VALUE, "REVISION", "VERSION");
    for (KeyValue entry : entries) {
      table.row(
          encoding.cell(entry.key()),
          encoding.cell(entry.value()),
          entry.modRevision(),
          entry.version());
    }
    return table.within(width(surroundings), "KEY", VALUE);
  }

  /// The same without values.
  Table tableOfKeys(List<KeyValue> entries, Surroundings surroundings) {
    Table table = new Table("KEY", "REVISION", "VERSION");
    entries.forEach(
        entry -> table.row(encoding.cell(entry.key()), entry.modRevision(), entry.version()));
    return table.within(width(surroundings), "KEY");
  }

  /// `bin/dengine` says how wide a terminal is if there is one. What goes into a file or another
  /// command must not be cut: nobody would notice.
  static int width(Surroundings surroundings) {
    String columns = surroundings.environment().getOrDefault("COLUMNS", "");
    return columns.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(columns) : Integer.MAX_VALUE;
  }

  /// Prints a value: text as a line, bytes that are no text as they are, without an end of line.
  void printValue(Surroundings surroundings, Bytes value) {
    encoding
        .encode(value)
        .ifPresentOrElse(
            surroundings.out()::println,
            () -> surroundings.out().write(value.unsafeArray(), 0, value.length()));
  }

  /// Prints the outcome of a write.
  void printWrite(Surroundings surroundings, Bytes key, long revision) {
    switch (outputOr(OutputFormat.TABLE)) {
      case TABLE ->
          surroundings.out().print(new Table("KEY", "REVISION").row(encoding.cell(key), revision));
      case JSON -> {
        Map<String, @Nullable Object> object = Json.object();
        member(object, "key", key);
        object.put("revision", revision);
        surroundings.out().println(Json.of(object));
      }
      case VALUE -> surroundings.out().println(revision);
    }
  }
}
