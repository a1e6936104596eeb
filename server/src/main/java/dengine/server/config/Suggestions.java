package dengine.server.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// Finds what somebody probably meant.
///
/// @param known the right spellings
record Suggestions(Collection<String> known) {

  static Suggestions among(Collection<String> known) {
    return new Suggestions(known);
  }

  /// `, did you mean x?` for something with dots: one that is spelled almost so, or else the only
  /// one whose last part is the same, in another place, or goes on where this one ends.
  String forUnknown(String given) {
    String typo = forTypo(given);
    List<String> elsewhere =
        known.stream()
            .filter(k -> last(k).equals(last(given)) || k.startsWith(given + "_"))
            .toList();
    return typo.isEmpty() && elsewhere.size() == 1
        ? ", did you mean " + elsewhere.getFirst() + "?"
        : typo;
  }

  private static String last(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  /// `, did you mean x?`, or nothing if no known spelling is near.
  String forTypo(String given) {
    return known.stream()
        .min(Comparator.<String>comparingInt(k -> distance(given, k)).thenComparing(k -> k))
        .filter(nearest -> distance(given, nearest) <= tolerance(given))
        .map(nearest -> ", did you mean " + nearest + "?")
        .orElse("");
  }

  // A third of the last part: in a long path nobody mistypes a third of the whole.
  private static int tolerance(String given) {
    int last = given.length() - given.lastIndexOf('.') - 1;
    return Math.max(2, last / 3);
  }

  /// Levenshtein: how many letters must be changed, added or removed.
  static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(change, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
