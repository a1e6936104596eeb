package dengine.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class BytesTest {

  @Test
  void copiesAreIndependentOfTheirSource() {
    byte[] source = {1, 2};

    Bytes copy = Bytes.of(source);
    source[0] = 9;
    copy.toByteArray()[1] = 9;

    assertArrayEquals(new byte[] {1, 2}, copy.toByteArray());
  }

  @Test
  void wrappedBytesAreTheVerySame() {
    byte[] source = {1, 2};

    assertSame(source, Bytes.wrap(source).unsafeArray());
  }

  @Test
  void noBytesAreAlwaysTheSameObject() {
    assertSame(Bytes.EMPTY, Bytes.of());
    assertSame(Bytes.EMPTY, Bytes.of(""));
    assertSame(Bytes.EMPTY, Bytes.wrap(new byte[0]));
    assertEquals(0, Bytes.EMPTY.length());
  }

  @Test
  void ordersAsUnsignedBytesShorterFirst() {
    List<Bytes> ordered =
        List.of(
            Bytes.EMPTY,
            Bytes.of((byte) 0),
            Bytes.of((byte) 0, (byte) 0),
            Bytes.of((byte) 0x7f),
            Bytes.of((byte) 0x80),
            Bytes.of((byte) 0xff),
            Bytes.of((byte) 0xff, (byte) 0));
    List<Bytes> shuffled = new ArrayList<>(ordered);
    Collections.reverse(shuffled);

    Collections.sort(shuffled);

    assertEquals(ordered, shuffled);
  }

  @Test
  void equalContentIsEqual() {
    assertEquals(Bytes.of("a"), Bytes.wrap(new byte[] {'a'}));
    assertEquals(Bytes.of("a").hashCode(), Bytes.wrap(new byte[] {'a'}).hashCode());
    assertNotEquals(Bytes.of("a"), Bytes.of("b"));
    assertNotEquals(Bytes.of("a"), "a");
  }

  @Test
  void everythingBeginsWithNothingAndWithItself() {
    Bytes key = Bytes.of("user/1");

    assertTrue(key.startsWith(Bytes.EMPTY));
    assertTrue(key.startsWith(Bytes.of("user/")));
    assertTrue(key.startsWith(key));
    assertFalse(key.startsWith(Bytes.of("user/12")));
    assertFalse(key.startsWith(Bytes.of("ser/")));
    assertFalse(Bytes.EMPTY.startsWith(key));
  }

  @Test
  void showsTextIfItIsPrintableAndHexadecimalOtherwise() {
    assertEquals("user/1", Bytes.of("user/1").toString());
    assertEquals("0x00ff", Bytes.of((byte) 0, (byte) 0xff).toString());
    assertEquals("0xc3bc", Bytes.of("ü").toString());
    assertEquals("0x7f", Bytes.of((byte) 0x7f).toString());
  }

  @Test
  void textIsUtf8BothWays() {
    assertEquals("käse €", Bytes.of("käse €").text());
    assertEquals(2, Bytes.of("ü").length());
    assertEquals((byte) 0xc3, Bytes.of("ü").at(0));
  }
}
