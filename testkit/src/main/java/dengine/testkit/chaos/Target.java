package dengine.testkit.chaos;

import dengine.api.WatchOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A cluster that can be hurt. Faults may overlap in any way; asking for one that is there already,
/// or to end one that is not, changes nothing. For any number of threads.
interface Target extends AutoCloseable {

  /// All nodes.
  List<Integer> nodes();

  /// A new client that finds its way to whichever node serves.
  Store connect();

  /// A client of one node only.
  Store connect(int node);

  /// Watches at one node, over a stream that ends when that node does. One over [Wire#ORIGINAL]
  /// begins with what comes after it began, and does not say where that is.
  ///
  /// @param manner how it is read; who reads slowly has nothing fetched ahead
  Feed watch(int node, Manner manner, WatchOptions options);

  /// Who leads now, as far as can be told quickly.
  Optional<Integer> leader();

  /// Whether a node runs and knows a leader.
  boolean follows(int node);

  /// Ends a node without warning; it stays down until [#start].
  void kill(int node);

  /// Starts a node that is down.
  void start(int node);

  /// Whether nodes can be paused.
  boolean canPause();

  /// Freezes a node; it notices nothing.
  void pause(int node);

  /// Lets a frozen node go on.
  void resume(int node);

  /// Keeps the messages of some nodes from others.
  void block(Set<Integer> from, Set<Integer> to);

  /// Makes all messages between nodes late.
  void slow(int millis);

  /// Makes the network whole.
  ///
  /// @param cut whether messages that were held are lost rather than late
  void heal(boolean cut);

  /// Nodes that ended although nobody ended them; that is a failure.
  List<String> deaths();

  @Override
  void close();
}
