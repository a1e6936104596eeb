package dengine.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Columns for people: as wide as their widest cell, unless the table is to fit somewhere, two
/// spaces between them.
final class Table {

  private static final int GAP = 2;

  /// A cell is not cut to less: it would tell nothing.
  private static final int LEAST = 12;

  /// Where nothing is cut, a longer cell of a column that may be cut elsewhere moves the rest of
  /// its own row only: one long value would make each line as long.
  private static final int COMFORTABLE = 40;

  private final List<List<String>> rows = new ArrayList<>();
  private int most = Integer.MAX_VALUE;
  private List<String> flexible = List.of();

  Table(String... header) {
    rows.add(List.of(header));
  }

  /// Adds a row with one cell per column of the header.
  Table row(Object... cells) {
    if (cells.length != rows.getFirst().size()) {
      throw new IllegalArgumentException(cells.length + " cells, columns: " + rows.getFirst());
    }
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(String.valueOf(cell));
    }
    rows.add(row);
    return this;
  }

  /// Makes it no wider than this, if that can be done by shortening the cells of these columns. A
  /// cell that is cut ends with `…`.
  ///
  /// @param width [Integer#MAX_VALUE] for a place without a width, where nothing is cut
  /// @param columns whose cells may be cut, by their headers
  Table within(int width, String... columns) {
    most = width;
    flexible = List.of(columns);
    return this;
  }

  @Override
  public String toString() {
    int[] widths = widths();
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = most == Integer.MAX_VALUE ? row.get(i) : cut(row.get(i), widths[i]);
        line.append(cell).repeat(' ', Math.max(0, widths[i] - cell.length()) + GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private int[] widths() {
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        int length = row.get(i).length();
        widths[i] = length > longestThatCounts(i) ? widths[i] : Math.max(widths[i], length);
      }
    }
    long over = Arrays.stream(widths).asLongStream().sum() + GAP * (widths.length - 1L) - most;
    int widest = widestFlexible(widths);
    while (over > 0 && widest >= 0) {
      // One step takes it down to where another one is as wide, at most.
      int before = widths[widest];
      widths[widest] = 0;
      int next = widestFlexible(widths);
      int least = next < 0 ? LEAST : Math.max(LEAST, widths[next] - 1);
      widths[widest] = (int) Math.max(least, before - over);
      over -= before - widths[widest];
      widest = widestFlexible(widths);
    }
    return widths;
  }

  private int longestThatCounts(int column) {
    boolean mayStandOut =
        most == Integer.MAX_VALUE && flexible.contains(rows.getFirst().get(column));
    return mayStandOut ? COMFORTABLE : Integer.MAX_VALUE;
  }

  /// The column that is cut next, or -1 if none can be.
  private int widestFlexible(int[] widths) {
    int widest = -1;
    for (int i = 0; i < widths.length; i++) {
      boolean mayBeCut = widths[i] > LEAST && flexible.contains(rows.getFirst().get(i));
      if (mayBeCut && (widest < 0 || widths[i] > widths[widest])) {
        widest = i;
      }
    }
    return widest;
  }

  private static String cut(String cell, int width) {
    if (cell.length() <= width) {
      return cell;
    }
    int end = width - 1;
    return cell.substring(0, Character.isHighSurrogate(cell.charAt(end - 1)) ? end - 1 : end) + "…";
  }
}
