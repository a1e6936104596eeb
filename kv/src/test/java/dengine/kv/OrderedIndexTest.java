package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class OrderedIndexTest {

  private final Records records = new Records();
  private final OrderedIndex index = new OrderedIndex(records);
  private final TreeMap<Bytes, Integer> model = new TreeMap<>();
  private final CommandView command = new CommandView();

  @Test
  void growsAndShrinksLikeASortedMapAndPublishedTreesNeverChange() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("seed=" + seed);
    Random random = new Random(seed);
    List<Node> trees = new ArrayList<>();
    List<List<Integer>> contents = new ArrayList<>();
    for (int i = 0; i < 60_000; i++) {
      // Grows to about 6000 keys, then shrinks to none and grows again.
      boolean growing = i / 15_000 % 2 == 0;
      Bytes key = Bytes.of(Integer.toString(random.nextInt(12_000)));
      if (model.containsKey(key) && random.nextInt(8) < (growing ? 2 : 8)) {
        remove(key);
      } else if (growing && !model.containsKey(key)) {
        add(key);
      } else if (!growing && !model.isEmpty()) {
        remove(model.firstKey());
      }
      if (random.nextInt(300) == 0) {
        trees.add(index.publish());
        contents.add(List.copyOf(model.values()));
      }
    }

    assertThat(slots(index.publish())).as("seed=%s", seed).isEqualTo(List.copyOf(model.values()));
    for (int i = 0; i < trees.size(); i++) {
      assertThat(slots(trees.get(i))).as("seed=%s tree %s", seed, i).isEqualTo(contents.get(i));
    }
  }

  @Test
  void startsInTheMiddle() {
    for (int i = 1000; i < 9000; i += 2) {
      add(Bytes.of(Integer.toString(i)));
    }
    Node tree = index.publish();

    for (int i = 998; i < 9003; i++) {
      byte[] from = Integer.toString(i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      List<Integer> first = new ArrayList<>();
      tree.visit(records, from, slot -> !first.add(slot));
      Bytes expected = model.ceilingKey(Bytes.wrap(from));
      assertThat(first).isEqualTo(expected == null ? List.of() : List.of(model.get(expected)));
    }
  }

  @Test
  void keysInAscendingOrderFillTheLeaves() {
    for (int i = 0; i < 64 * 64; i++) {
      add(Bytes.of("%05d".formatted(i)));
    }

    assertThat(slots(index.publish())).isEqualTo(List.copyOf(model.values()));
    // Half-full leaves would take twice as much.
    assertThat(index.bytes()).isLessThan(64 * 64 * 4 * 3 / 2 + 8000);
  }

  private void add(Bytes key) {
    int slot = records.slots.allocate();
    assertThat(command.parse(new Command.Put(key, Bytes.EMPTY).encode())).isNull();
    records.write(command, slot, false, 1, Slabs.NONE, 1, 1);
    index.add(key.unsafeArray(), 0, key.length(), slot);
    model.put(key, slot);
  }

  private void remove(Bytes key) {
    // The slot stays as it is: published trees still lead to it.
    index.remove(key.unsafeArray(), 0, key.length(), model.remove(key));
  }

  private static List<Integer> slots(Node tree) {
    List<Integer> slots = new ArrayList<>();
    tree.visitAll(
        slot -> {
          slots.add(slot);
          return true;
        });
    return slots;
  }
}
