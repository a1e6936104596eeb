package dengine.kv.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SlashTreeTest {

  private final SlashTree tree = new SlashTree();

  private Watcher add(String prefix) {
    Watcher watcher =
        new Watcher(
            Watched.prefix(Bytes.of(prefix)),
            false,
            1,
            1,
            1,
            1,
            Runnable::run,
            new Watcher.Owner() {
              @Override
              public void hasRoom() {}

              @Override
              public void closed(Watcher watcher) {}

              @Override
              public void ended(Watcher watcher) {}
            });
    tree.add(watcher);
    return watcher;
  }

  private List<String> found(String key) {
    List<String> found = new ArrayList<>();
    byte[] bytes = ("xx" + key + "/yy/").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    tree.visit(bytes, 2, key.length(), watcher -> found.add(watcher.what.bytes().text()));
    return found;
  }

  @Test
  void aKeyIsBelowEachPrefixThatEndsAtOneOfItsSlashes() {
    for (String prefix : List.of("/", "/a/", "/a/b/", "/a/b/c/", "/b/", "//", "/a//")) {
      add(prefix);
    }

    assertThat(found("/a/b/c")).containsExactly("/", "/a/", "/a/b/");
    assertThat(found("/a/b/")).containsExactly("/", "/a/", "/a/b/");
    assertThat(found("/a")).containsExactly("/");
    assertThat(found("/ab/c")).containsExactly("/");
    assertThat(found("//x")).containsExactly("/", "//");
    assertThat(found("/a//b")).containsExactly("/", "/a/", "/a//");
    assertThat(found("a/b")).isEmpty();
    assertThat(found("")).isEmpty();
  }

  @Test
  void nothingIsLeftOfThoseWhoHaveGone() {
    Watcher first = add("/a/b/");
    Watcher second = add("/a/b/");
    Watcher other = add("/a/");

    tree.remove(first);
    assertThat(found("/a/b/c")).containsExactly("/a/", "/a/b/");
    tree.remove(second);
    assertThat(found("/a/b/c")).containsExactly("/a/");
    tree.remove(other);
    tree.remove(other);

    assertThat(tree.isEmpty()).isTrue();
  }
}
