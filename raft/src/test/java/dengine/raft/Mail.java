package dengine.raft;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Messages of a [Scenario] that are under way, and the links that are cut.
final class Mail {

  record Letter(int from, int to, Message message) {}

  private record Link(int from, int to) {}

  private final Transcript transcript;
  private final List<Letter> inFlight = new ArrayList<>();
  private final Set<Link> cut = new HashSet<>();

  Mail(Transcript transcript) {
    this.transcript = transcript;
  }

  void send(Letter letter) {
    if (cut.contains(new Link(letter.from, letter.to))) {
      lose(letter);
    } else {
      inFlight.add(letter);
    }
  }

  void lose(Letter letter) {
    transcript.lost(letter.from, letter.to, letter.message);
  }

  boolean isEmpty() {
    return inFlight.isEmpty();
  }

  /// The next one to arrive.
  Letter next() {
    return inFlight.removeFirst();
  }

  void clear() {
    inFlight.clear();
  }

  List<Message> between(int from, int to) {
    return inFlight.stream()
        .filter(l -> l.from == from && l.to == to)
        .map(Letter::message)
        .toList();
  }

  List<Letter> take(int from, int to) {
    List<Letter> taken = inFlight.stream().filter(l -> l.from == from && l.to == to).toList();
    inFlight.removeAll(taken);
    return taken;
  }

  void cut(int from, int to) {
    cut.add(new Link(from, to));
  }

  void heal() {
    cut.clear();
  }

  @Override
  public String toString() {
    return inFlight.toString();
  }
}
