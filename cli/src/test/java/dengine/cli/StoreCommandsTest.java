package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.ReadPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class StoreCommandsTest {

  private final Shell shell = new Shell();

  @Test
  void whatWasPutCanBeGotten() {
    assertThat(shell.run("put", "greeting", "hello")).isZero();
    assertThat(shell.out).isEqualTo("KEY       REVISION\ngreeting  1\n");

    assertThat(shell.run("get", "greeting")).isZero();
    assertThat(shell.out).isEqualTo("hello\n");
    assertThat(shell.err).isEmpty();
  }

  @Test
  void whatIsWrittenMayGoByItself() {
    assertThat(shell.run("put", "greeting", "hello", "--ttl", "500ms")).isZero();
    assertThat(shell.run("cas", "lock", "mine", "--absent", "--ttl", "10s")).isZero();

    assertThat(shell.store.ttls)
        .containsEntry(Bytes.of("greeting"), Duration.ofMillis(500))
        .containsEntry(Bytes.of("lock"), Duration.ofSeconds(10));
    assertThat(shell.run("put", "greeting", "hello", "--ttl", "10")).isEqualTo(2);
    assertThat(shell.err).isEqualTo("dengine: --ttl 10: of what? For example 10s or 10ms\n");
    assertThat(shell.run("put", "greeting", "hello", "--ttl", "soon")).isEqualTo(2);
    assertThat(shell.err).contains("--ttl soon");
  }

  @Test
  void aKeyThatDoesNotExistIsExitCodeOneAndNoOutput() {
    assertThat(shell.run("get", "nobody")).isEqualTo(1);
    assertThat(shell.out).isEmpty();
    assertThat(shell.err).isEqualTo("dengine: key nobody not found\n");
  }

  @Test
  void severalKeysAreReadAtOnce() {
    shell.run("put", "a", "1");
    shell.run("put", "b", "2");

    assertThat(shell.run("get", "a", "x", "b", "-o", "table", "--policy", "lease")).isEqualTo(1);

    assertThat(shell.out)
        .isEqualTo(
            """
            KEY  VALUE  REVISION  VERSION
            a    1      1         1
            b    2      2         1
            """);
    assertThat(shell.err).contains("key x not found");
    assertThat(shell.store.lastPolicy).isEqualTo(ReadPolicy.LEASE);
  }

  @Test
  void jsonCarriesEverythingThatIsStored() {
    shell.run("put", "a \"b\"", "1\n2");

    shell.run("get", "a \"b\"", "-o", "json");

    assertThat(shell.out)
        .isEqualTo(
            "{\"revision\":1,\"entries\":[{\"key\":\"a \\\"b\\\"\",\"value\":\"1\\n2\","
                + "\"create_revision\":1,\"mod_revision\":1,\"version\":1}]}\n");
  }

  @Test
  void bytesThatAreNoTextAreNeverPrintedAsText() {
    shell.store.put(Bytes.of("k"), Bytes.of((byte) 0xff, (byte) 0x00));

    shell.run("get", "k", "-o", "table");
    assertThat(shell.out).contains("k    0xff00");
    shell.run("get", "k", "-o", "json");
    assertThat(shell.out).contains("\"value_base64\":\"/wA=\"");
    shell.run("get", "6b", "--encoding", "hex");
    assertThat(shell.out).isEqualTo("ff00\n");
    shell.run("get", "k", "-o", "value");
    assertThat(shell.out).as("as it is, without an end of line").isEqualTo("\ufffd\0");
  }

  @Test
  void keysAndValuesAreTakenInHexAndBase64() {
    assertThat(shell.run("put", "00ff", "cafe", "--encoding", "hex")).isZero();
    assertThat(shell.run("put", "AQI=", "", "--encoding", "BASE64")).isZero();

    assertThat(shell.store.entries)
        .containsKeys(Bytes.of((byte) 0, (byte) 0xff), Bytes.of((byte) 1, (byte) 2));

    assertThat(shell.run("put", "xyz", "1", "--encoding", "hex")).isEqualTo(2);
    assertThat(shell.err).startsWith("dengine: \"xyz\" is not hex: ");
  }

  @Test
  void aValueComesFromStandardInputUnchanged() {
    shell.input = "two\nlines\n".getBytes(StandardCharsets.UTF_8);

    assertThat(shell.run("put", "k", "-", "-o", "value")).isZero();

    assertThat(shell.out).isEqualTo("1\n");
    assertThat(shell.store.entries.get(Bytes.of("k")).text()).isEqualTo("two\nlines\n");
  }

  @Test
  void deletingSaysTheRevision() {
    shell.run("put", "k", "v");

    assertThat(shell.run("delete", "k", "-o", "json")).isZero();

    assertThat(shell.out).isEqualTo("{\"key\":\"k\",\"revision\":2}\n");
    assertThat(shell.store.entries).isEmpty();
  }

  @Test
  void aSwapThatFindsSomethingElseIsExitCodeOne() {
    assertThat(shell.run("cas", "k", "1", "--absent")).isZero();
    assertThat(shell.out).isEqualTo("KEY  SWAPPED  REVISION\nk    true     1\n");
    assertThat(shell.run("cas", "k", "2", "--absent")).isEqualTo(1);
    assertThat(shell.run("cas", "k", "2", "--expect", "1", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("true\n");
    assertThat(shell.run("cas", "k", "3", "--expect", "1", "-o", "json")).isEqualTo(1);
    assertThat(shell.out).isEqualTo("{\"key\":\"k\",\"swapped\":false,\"revision\":4}\n");
    assertThat(shell.store.entries.get(Bytes.of("k")).text()).isEqualTo("2");
  }

  @Test
  void aSwapNeedsOneExpectation() {
    assertThat(shell.run("cas", "k", "1")).isEqualTo(2);
    assertThat(shell.run("cas", "k", "1", "--absent", "--expect", "0")).isEqualTo(2);
    assertThat(shell.store.entries).isEmpty();
  }

  @Test
  void aScanSaysHowToGoOn() {
    for (String key : new String[] {"a", "user/1", "user/2", "user/3", "z"}) {
      shell.run("put", key, "of " + key);
    }

    assertThat(shell.run("scan", "user/", "--limit", "2")).isZero();
    assertThat(shell.out)
        .isEqualTo(
            """
            KEY     VALUE      REVISION  VERSION
            user/1  of user/1  2         1
            user/2  of user/2  3         1
            """);
    assertThat(shell.err).isEqualTo("dengine: more follow; continue with --from user/3\n");

    shell.run("scan", "user/", "--limit", "2", "--from", "user/3", "-o", "value");
    assertThat(shell.out).isEqualTo("of user/3\n");
    assertThat(shell.err).isEmpty();

    shell.run("scan", "--limit", "1", "-o", "json", "-p", "EVENTUAL");
    assertThat(shell.out).endsWith("\"next\":\"user/1\"}\n");
  }

  @Test
  void aScanOfKeysPrintsNoValuesInWhateverForm() {
    shell.run("put", "user/1", "Ada");

    assertThat(shell.run("scan", "--keys", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("user/1\n");
    assertThat(shell.run("scan", "--keys")).isZero();
    assertThat(shell.out).isEqualTo("KEY     REVISION  VERSION\nuser/1  1         1\n");
    assertThat(shell.run("scan", "--keys", "-o", "json")).isZero();
    assertThat(shell.out)
        .isEqualTo(
            "{\"revision\":1,\"entries\":[{\"key\":\"user/1\",\"create_revision\":1,"
                + "\"mod_revision\":1,\"version\":1}]}\n");
  }

  @Test
  void aTableIsAsWideAsTheTerminalAndOtherFormsAreWhole() {
    String key = "k".repeat(50);
    String value = "v".repeat(200);
    shell.run("put", key, value);
    shell.run("put", "short", "\ud83d\ude00".repeat(100));

    shell.run("scan");
    assertThat(shell.out).as("no terminal").contains(key + "  " + value + "  1");
    shell.run("scan", "--keys");
    assertThat(shell.out).as("no terminal").contains(key + "  1");

    shell.environment.put("COLUMNS", "80");
    shell.run("scan");
    assertThat(shell.out.lines())
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    assertThat(shell.out).contains("kkk…  ", "vvv…  1         1").hasLineCount(3);
    assertThat(shell.out).as("whole characters").contains("\ud83d\ude00…").doesNotContain("?");

    shell.environment.put("COLUMNS", "100");
    shell.run("get", key, "-o", "table");
    assertThat(shell.out.lines().skip(1).findFirst().orElseThrow().stripTrailing().length())
        .isBetween(90, 100);
    shell.environment.put("COLUMNS", "10");
    shell.run("scan");
    assertThat(shell.out).contains("k".repeat(11) + "…  " + "v".repeat(11) + "…  1");
    shell.environment.put("COLUMNS", "300");
    shell.run("scan");
    assertThat(shell.out).contains(key + "  " + value + "  1");

    shell.environment.put("COLUMNS", "80");
    shell.run("scan", "-o", "value", "--limit", "1");
    assertThat(shell.out).isEqualTo(value + "\n");
    shell.run("scan", "-o", "json");
    assertThat(shell.out).contains(key, value);
  }

  @Test
  void theClusterIsFoundByFlagThenVariableThenDefault() {
    shell.run("get", "k");
    assertThat(shell.endpoints).containsExactly("127.0.0.1:9081");
    assertThat(shell.timeout).isEqualTo(Duration.ofSeconds(5));

    shell.environment.put("DENGINE_ENDPOINTS", "a:1, b:2");
    shell.run("get", "k", "--timeout", "250ms");
    assertThat(shell.endpoints).containsExactly("a:1", "b:2");
    assertThat(shell.timeout).isEqualTo(Duration.ofMillis(250));

    shell.run("get", "k", "--endpoints", "c:3");
    assertThat(shell.endpoints).containsExactly("c:3");
  }
}
