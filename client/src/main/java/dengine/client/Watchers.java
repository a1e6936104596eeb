package dengine.client;

import dengine.api.ClosedException;
import dengine.api.Watch;
import dengine.api.WatchOptions;
import dengine.proto.v1.WatchKeysRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/// The watches of one client, and the connections they share.
///
/// Owned by the client's event loop, but for [#watch] and [#close].
final class Watchers {

  private final Routes routes;
  private final ClientLoop loop;
  private final Set<RemoteWatch> watches = new LinkedHashSet<>();
  private final Map<String, List<Line>> lines = new HashMap<>();
  private int dials;
  private boolean closed;

  /// Servers that did not begin the last watch they were asked for, or broke one off; the latest
  /// last.
  private final Set<String> failed = new LinkedHashSet<>();

  Watchers(Routes routes, ClientLoop loop) {
    this.routes = routes;
    this.loop = loop;
  }

  /// Begins a watch; any thread.
  CompletableFuture<Watch> watch(WatchKeysRequest what, WatchOptions options, Duration deadline) {
    RemoteWatch watch = new RemoteWatch(this, loop, what, options, deadline);
    try {
      loop.execute(
          () -> {
            if (closed) {
              watch.stop(new ClosedException("the client"));
            } else {
              watches.add(watch);
              watch.start();
            }
          });
    } catch (RejectedExecutionException e) {
      watch.begun().completeExceptionally(new ClosedException("the client"));
    }
    return watch.begun();
  }

  /// Where servers are, the most promising first. Those that failed come last, the latest behind
  /// the others: whoever has time for one only would otherwise ask the same one for ever.
  List<String> servers() {
    List<String> known = routes.byPromise();
    failed.retainAll(known);
    List<String> ordered = new ArrayList<>(known);
    ordered.removeAll(failed);
    ordered.addAll(failed);
    return ordered;
  }

  /// A server did not begin a watch, or broke it off.
  void failed(String address) {
    failed.remove(address);
    failed.add(address);
  }

  /// A server began a watch.
  void served(String address) {
    failed.remove(address);
  }

  /// Whether the server at this address belongs to the cluster of the others.
  boolean belongs(String address, long clusterId) {
    return routes.belongs(address, clusterId);
  }

  /// Takes the connection to a server; [#hangUp] gives it back, also when there is none.
  Line call(String address, Line.Waiting user) {
    List<Line> open = lines.computeIfAbsent(address, ignored -> new ArrayList<>());
    Line line =
        open.stream().filter(Line::hasRoom).findFirst().orElseGet(() -> dial(open, address));
    line.join(user);
    return line;
  }

  private Line dial(List<Line> open, String address) {
    Line fresh = new Line(address);
    open.add(fresh);
    loop.dial(
        address,
        dials++,
        channel -> onLoop(() -> fresh.dialled(channel), channel::shutdownNow),
        why -> onLoop(() -> fresh.failed(why), () -> {}));
    return fresh;
  }

  private void onLoop(Runnable step, Runnable otherwise) {
    try {
      loop.execute(step);
    } catch (RejectedExecutionException closing) {
      otherwise.run();
    }
  }

  void hangUp(Line line) {
    List<Line> open = lines.get(line.address);
    if (line.leave() && open != null && open.remove(line) && open.isEmpty()) {
      lines.remove(line.address);
    }
  }

  void ended(RemoteWatch watch) {
    watches.remove(watch);
  }

  /// Ends all watches. Any thread; the loop is closed afterwards.
  void close() {
    onLoop(
        () -> {
          closed = true;
          List.copyOf(watches).forEach(watch -> watch.stop(new ClosedException("the client")));
        },
        () -> {});
  }
}
