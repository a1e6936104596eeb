package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.CompactedException;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class WatchCommandTest {

  private static final Bytes KEY = Bytes.of("/k");
  private static final List<WatchEvent> EVENTS =
      List.of(
          new WatchEvent.Put(7, KEY, Bytes.of("v"), Optional.empty()),
          new WatchEvent.Put(8, KEY, Bytes.of((byte) 0xff), Optional.of(Bytes.of("v"))),
          new WatchEvent.Progress(9),
          new WatchEvent.Delete(10, KEY, Optional.empty(), false),
          new WatchEvent.Delete(11, KEY, Optional.empty(), true));

  private final Shell shell = new Shell();

  @Test
  void changesAreLines() {
    shell.store.events.addAll(EVENTS);

    assertThat(shell.run("watch", "/k", "--count", "4")).isZero();

    assertThat(shell.out)
        .isEqualTo(
            """
            put      7  /k  v
            put      8  /k  0xff  (was v)
            delete   10  /k
            expired  11  /k
            """);
    assertThat(shell.store.watched.getFirst()).startsWith("/k ").contains("fromRevision=0");
  }

  @Test
  void asJsonEachIsAnObject() {
    shell.store.events.addAll(EVENTS);

    assertThat(shell.run("watch", "/k", "-n", "4", "-o", "json", "--progress")).isZero();

    assertThat(shell.out)
        .isEqualTo(
            """
            {"type":"put","revision":7,"key":"/k","value":"v"}
            {"type":"put","revision":8,"key":"/k","value_base64":"/w==","previous":"v"}
            {"type":"progress","revision":9}
            {"type":"delete","revision":10,"key":"/k"}
            {"type":"expired","revision":11,"key":"/k"}
            """);
  }

  @Test
  void prefixStartAndPreviousValuesAreAskedFor() {
    shell.store.events.addAll(EVENTS);

    shell.run("watch", "/k/", "--prefix", "--from", "42", "--prev", "-n", "1", "-o", "value");

    assertThat(shell.out).isEqualTo("v\n");
    assertThat(shell.store.watched.getFirst())
        .startsWith("/k/* ")
        .contains("fromRevision=42", "previousValues=true");
  }

  @Test
  void aWatchThatCannotGoOnSaysFromWhereOn() {
    shell.store.last = new WatchEvent.Canceled(12, Reason.COMPACTED, 20, "gone; read and watch");

    assertThat(shell.run("watch", "/k", "-o", "json")).isEqualTo(1);

    assertThat(shell.out)
        .isEqualTo(
            "{\"type\":\"canceled\",\"revision\":12,\"reason\":\"COMPACTED\","
                + "\"oldest_revision\":20}\n");
    assertThat(shell.err).isEqualTo("dengine: gone; read and watch\n");
  }

  @Test
  void whoStartsAtARevisionThatIsYetToComeIsToldHowFarItIs() {
    shell.store.put(KEY, Bytes.of("v"));
    shell.store.put(KEY, Bytes.of("w"));

    shell.run("watch", "/k", "--from", "2000000", "-o", "json");

    assertThat(shell.err)
        .startsWith(
            "dengine: the newest revision is 2; waiting for revision 2000000, changes before it"
                + " are not printed\n");
  }

  @Test
  void whoStartsAtThePresentOrTheNextRevisionIsToldNothingOfThat() {
    shell.store.put(KEY, Bytes.of("v"));

    shell.run("watch", "/k", "--from", "1");
    assertThat(shell.err).doesNotContain("waiting");
    shell.run("watch", "/k", "--from", "2");
    assertThat(shell.err).doesNotContain("waiting");
    shell.run("watch", "/k");
    assertThat(shell.err).doesNotContain("waiting");
  }

  @Test
  void aStartThatIsGoneIsRefused() {
    shell.store.failure = new CompactedException(3, 20);

    assertThat(shell.run("watch", "/k", "--from", "3")).isEqualTo(ExitCode.REJECTED);

    assertThat(shell.err).contains("from revision = 3, permitted: >= 20");
  }
}
