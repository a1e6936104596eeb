package dengine.cli;

import dengine.api.Admin;
import dengine.api.Lifecycle;
import dengine.api.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A node that is not there: it tells what it was given, and nothing more.
final class MemoryLifecycle implements Lifecycle {

  final List<NodeState> states = new ArrayList<>();

  @Override
  public NodeState state() {
    return states.getLast();
  }

  @Override
  public Admin.Watching watch(Consumer<? super NodeState> listener) {
    states.forEach(listener);
    return () -> {};
  }
}
