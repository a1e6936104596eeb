package dengine.cli;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes JSON: maps, lists, texts, numbers, booleans and null.
final class Json {

  private final StringBuilder text = new StringBuilder();

  private Json() {}

  /// The JSON form of a value.
  static String of(@Nullable Object value) {
    Json json = new Json();
    json.write(value);
    return json.text.toString();
  }

  /// An object whose members keep this order.
  ///
  /// @param members names and values in turn
  static Map<String, @Nullable Object> object(@Nullable Object... members) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    for (int i = 0; i < members.length; i += 2) {
      object.put(String.valueOf(members[i]), members[i + 1]);
    }
    return object;
  }

  private void write(@Nullable Object value) {
    switch (value) {
      case null -> text.append("null");
      case String string -> quote(string);
      case Number number -> text.append(number);
      case Boolean bool -> text.append(bool);
      case Map<?, ?> map -> members(map);
      case List<?> list -> elements(list);
      default -> throw new IllegalArgumentException("no JSON form: " + value.getClass());
    }
  }

  private void members(Map<?, ?> map) {
    text.append('{');
    String separator = "";
    for (Map.Entry<?, ?> member : map.entrySet()) {
      text.append(separator);
      quote(String.valueOf(member.getKey()));
      text.append(':');
      write(member.getValue());
      separator = ",";
    }
    text.append('}');
  }

  private void elements(List<?> list) {
    text.append('[');
    for (Iterator<?> each = list.iterator(); each.hasNext(); ) {
      write(each.next());
      text.append(each.hasNext() ? "," : "");
    }
    text.append(']');
  }

  private void quote(String string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < 0x20) {
            text.append(String.format("\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }
}
