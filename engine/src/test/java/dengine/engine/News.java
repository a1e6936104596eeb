package dengine.engine;

import dengine.raft.Event;
import java.util.ArrayList;
import java.util.List;

/// What an event loop would have heard.
final class News implements Mailbox {

  final List<Event> heard = new ArrayList<>();

  @Override
  public void tell(Event event, boolean inline) {
    heard.add(event);
  }

  @Override
  public void tellAndEnd(Event event, Runnable completions) {
    heard.add(event);
    completions.run();
  }
}
