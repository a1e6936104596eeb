package dengine.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Which pieces of a file are to be asked for, are asked for, and have arrived early. So many at
/// most are on their way or early at a time. Belongs to whoever receives.
final class TransferWindow {

  /// A piece to ask for.
  record Wish(long offset, int length) {}

  private record Asked(int length, long number) {}

  private final long end;
  private final int pieceBytes;
  private final int maxPieces;
  private final TreeMap<Long, Asked> asked = new TreeMap<>();
  private final TreeMap<Long, byte[]> early = new TreeMap<>();
  private final List<Wish> again = new ArrayList<>();
  private long next;
  private long number;

  /// @param from what is there already
  /// @param end length of the file
  TransferWindow(long from, long end, int pieceBytes, int maxPieces) {
    this.next = from;
    this.end = end;
    this.pieceBytes = pieceBytes;
    this.maxPieces = maxPieces;
  }

  /// What to ask for now: what is missing first.
  List<Wish> wishes() {
    List<Wish> wishes = new ArrayList<>(again);
    again.clear();
    while (next < end && asked.size() + early.size() + wishes.size() < maxPieces) {
      int length = (int) Math.min(pieceBytes, end - next);
      wishes.add(new Wish(next, length));
      next += length;
    }
    wishes.forEach(wish -> asked.put(wish.offset, new Asked(wish.length, ++number)));
    return wishes;
  }

  /// A piece has arrived. Messages of one peer keep their order, so what was asked for before it
  /// and is not there is lost. Returns whether anybody asked for it.
  boolean arrived(long offset, byte[] bytes) {
    Asked ask = asked.get(offset);
    if (ask == null || bytes.length == 0 || bytes.length > ask.length) {
      return false;
    }
    asked.remove(offset);
    early.put(offset, bytes);
    if (bytes.length < ask.length) { // the sender gives less at a time than is asked for
      again.add(new Wish(offset + bytes.length, ask.length - bytes.length));
    }
    askAgain(ask.number);
    return true;
  }

  /// Nothing that was asked for will come.
  void askAllAgain() {
    askAgain(Long.MAX_VALUE);
  }

  /// The piece that begins here, if it is there, to be written now.
  byte @Nullable [] take(long offset) {
    return early.remove(offset);
  }

  private void askAgain(long before) {
    List<Long> lost = new ArrayList<>();
    for (Map.Entry<Long, Asked> entry : asked.entrySet()) {
      if (entry.getValue().number < before) {
        lost.add(entry.getKey());
      }
    }
    for (long offset : lost) {
      again.add(new Wish(offset, Objects.requireNonNull(asked.remove(offset)).length));
    }
  }
}
