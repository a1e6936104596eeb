package dengine.kv.watch;

import dengine.api.Bytes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Who watches which prefix: a tree of the segments between slashes, so that finding those who
/// watch a key costs as much as the key has segments that somebody watches, however many do.
final class SlashTree {

  private static final class Node {
    final Map<Bytes, Node> children = new HashMap<>();
    final Set<Watcher> watchers = new LinkedHashSet<>();

    boolean isEmpty() {
      return children.isEmpty() && watchers.isEmpty();
    }
  }

  /// Of the prefix `/`.
  private final Node root = new Node();

  void add(Watcher watcher) {
    byte[] prefix = watcher.what.bytes().unsafeArray();
    Node node = root;
    for (int at = 1; at < prefix.length; ) {
      int end = slash(prefix, at, prefix.length);
      node = node.children.computeIfAbsent(segment(prefix, at, end), _ -> new Node());
      at = end + 1;
    }
    node.watchers.add(watcher);
  }

  void remove(Watcher watcher) {
    remove(root, watcher, 1);
  }

  private static void remove(Node node, Watcher watcher, int at) {
    byte[] prefix = watcher.what.bytes().unsafeArray();
    if (at == prefix.length) {
      node.watchers.remove(watcher);
      return;
    }
    int end = slash(prefix, at, prefix.length);
    Bytes segment = segment(prefix, at, end);
    Node child = node.children.get(segment);
    if (child != null) {
      remove(child, watcher, end + 1);
      if (child.isEmpty()) {
        node.children.remove(segment);
      }
    }
  }

  /// Visits those who watch `key[from, from + length)`, the shortest prefix first.
  void visit(byte[] key, int from, int length, Consumer<Watcher> visitor) {
    if (length == 0 || key[from] != '/') {
      return;
    }
    int end = from + length;
    int at = from + 1;
    Node node = root;
    while (node != null) {
      node.watchers.forEach(visitor);
      node = node.children.isEmpty() ? null : child(node, key, at, end);
      at = slash(key, at, end) + 1;
    }
  }

  private static @Nullable Node child(Node node, byte[] key, int at, int end) {
    int slash = slash(key, at, end);
    return slash == end ? null : node.children.get(segment(key, at, slash));
  }

  boolean isEmpty() {
    return root.isEmpty();
  }

  /// Where the next slash is, or the end.
  private static int slash(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && bytes[at] != '/') {
      at++;
    }
    return at;
  }

  private static Bytes segment(byte[] bytes, int from, int to) {
    return Bytes.wrap(Arrays.copyOfRange(bytes, from, to));
  }
}
