package dengine.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ValuesAndPagesTest {

  private static final KeyValue ENTRY = new KeyValue(Bytes.of("k"), Bytes.of("v"), 1, 2, 3);

  @Test
  void resultsDoNotChangeWithTheListsTheyWereMadeFrom() {
    List<KeyValue> entries = new ArrayList<>(List.of(ENTRY));
    List<Optional<KeyValue>> values = new ArrayList<>(List.of(Optional.of(ENTRY)));

    Page page = new Page(7, entries, Optional.empty());
    Values many = new Values(7, values);
    entries.clear();
    values.clear();

    assertEquals(List.of(ENTRY), page.entries());
    assertEquals(List.of(Optional.of(ENTRY)), many.values());
    assertThrows(UnsupportedOperationException.class, () -> page.entries().clear());
    assertThrows(UnsupportedOperationException.class, () -> many.values().clear());
  }

  @Test
  void aValueReadsAsText() {
    assertEquals("v", ENTRY.text());
  }

  @Test
  void aScanIsChangedBySayingWhat() {
    Scan scan = Scan.prefix("p");

    assertEquals(
        new Scan(Bytes.of("p"), Optional.empty(), Scan.MAX_LIMIT, ReadPolicy.LINEARIZABLE), scan);
    assertEquals(
        new Scan(Bytes.of("p"), Optional.of(Bytes.of("p1")), 5, ReadPolicy.LEASE),
        scan.limit(5).from(Bytes.of("p1")).policy(ReadPolicy.LEASE));
  }

  @Test
  void aScanWithoutASensibleLimitIsRefused() {
    assertEquals(1, Scan.prefix("").limit(1).limit());
    assertEquals(10_000, Scan.prefix("").limit(10_000).limit());
    for (int limit : new int[] {0, -1, 10_001}) {
      InvalidRequestException refused =
          assertThrows(InvalidRequestException.class, () -> Scan.prefix("").limit(limit));
      assertEquals("limit = " + limit + ", permitted: 1 to 10000", refused.getMessage());
    }
  }
}
