package dengine.storage;

import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Position;
import java.util.ArrayList;
import java.util.List;

/// The log as it comes into being again while its files are read: its shape, where its entries are,
/// and the configurations among them. Belongs to the thread that opens the log.
final class LogReplay {

  private final LogShape shape;
  private final LogIndex index = new LogIndex();
  private final List<Entry> memberships = new ArrayList<>();

  /// @param start of the first file that is there
  LogReplay(SegmentHeader.Start start) {
    shape = new LogShape(start);
    index.begin(start.last().index());
  }

  LogShape shape() {
    return shape;
  }

  LogIndex index() {
    return index;
  }

  /// The live entries of kind [Entry.Kind#MEMBERSHIP], ascending.
  List<Entry> memberships() {
    return memberships;
  }

  void hardState(HardState next) {
    shape.hardState(next);
  }

  void reset(Position position, long time) {
    shape.reset(position, time);
    index.reset(position.index());
    memberships.clear();
  }

  void truncate(long from) {
    shape.truncate(from);
    index.truncateFrom(from);
    while (!memberships.isEmpty() && memberships.getLast().index() >= from) {
      memberships.removeLast();
    }
  }

  void release(long number, long present) {
    shape.release(number, present);
  }

  void append(long entry, long term, int offset, int payloadLength) {
    shape.append(entry, term);
    index.append(entry, offset, payloadLength);
  }

  void membership(Entry entry) {
    memberships.add(entry);
  }
}
