package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.raft.Entry;
import dengine.storage.LogIndex.Span;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Reads entries from log files and verifies each (rule S4). Any thread; one at a time, because
/// they share a buffer.
final class EntryReader {

  private static final int BUFFER_BYTES = 256 << 10;

  private final EntryCodec codec = new EntryCodec();
  private ByteBuffer shared = ByteBuffer.allocateDirect(0);

  /// Consecutive entries, see [LogIndex#find]. Looked up and read in one step, so that no file is
  /// closed in between.
  ///
  /// @throws StorageException.OutOfRange when `from` is not in the log
  /// @throws StorageException.Corrupt when stored bytes are not what was written
  synchronized List<Entry> read(LogIndex index, long from, long upTo, long maxBytes) {
    List<Entry> entries = new ArrayList<>();
    for (Span span : index.find(from, upTo, maxBytes)) {
      int done = 0;
      while (done < span.places().length) {
        done = readRun(span, done, entries);
      }
    }
    return entries;
  }

  /// Cluster time of the last entry, or where the log begins if there is none.
  long lastTime(LogShape shape, LogIndex index) {
    long last = shape.last().index();
    return shape.isEmpty() ? shape.baseTime() : read(index, last, last, 0).getFirst().time();
  }

  /// Closes files that are in the index no more. Waits for whoever still reads in them.
  synchronized void close(List<Segment> segments) {
    StorageException first = null;
    for (Segment segment : segments) {
      try {
        segment.file().close();
      } catch (IOException e) {
        first = Failures.of("close", segment.path(), 0, e);
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /// Reads as many neighbours as fit the buffer, and at least one; gives back where to go on.
  private int readRun(Span span, int first, List<Entry> entries) {
    long[] places = span.places();
    int from = LogIndex.offset(places[first]);
    int end = first + 1;
    while (end < places.length && end(places[end]) - from <= BUFFER_BYTES) {
      end++;
    }
    int length = end(places[end - 1]) - from;
    ByteBuffer buffer = bufferOf(length).clear().limit(length);
    fill(span.segment(), buffer, from);
    for (int i = first; i < end; i++) {
      int offset = LogIndex.offset(places[i]);
      long index = span.firstIndex() + i;
      entries.add(
          codec
              .decode(index, buffer, offset - from, LogIndex.payloadLength(places[i]))
              .orElseThrow(
                  () ->
                      new StorageException.Corrupt(
                          span.segment().path(), offset, "entry " + index + " does not verify")));
    }
    return end;
  }

  /// Grows with what is asked for, up to a bound; a larger entry gets a buffer for once.
  private ByteBuffer bufferOf(int length) {
    if (length > BUFFER_BYTES) {
      return ByteBuffer.allocateDirect(length);
    }
    if (length > shared.capacity()) {
      shared = ByteBuffer.allocateDirect(Math.min(BUFFER_BYTES, Math.max(4096, 2 * length)));
    }
    return shared;
  }

  private static int end(long place) {
    return LogIndex.offset(place) + EntryCodec.OVERHEAD_BYTES + LogIndex.payloadLength(place);
  }

  private static void fill(Segment segment, ByteBuffer buffer, int from) {
    try {
      int read = segment.file().read(buffer, from);
      if (buffer.hasRemaining()) {
        throw new StorageException.Corrupt(segment.path(), from + read, "the file ends here");
      }
    } catch (IOException e) {
      throw Failures.of("read", segment.path(), 0, e);
    }
  }
}
