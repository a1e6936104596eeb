package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import java.util.HashSet;
import java.util.Set;

/// What somebody who watches was told, compared with what happened: in order, once, without gaps,
/// nothing that did not happen, with what was there before, and progress never ahead of events.
final class Spectator {

  private final World world;
  private final WatchLedger ledger;
  private final String name;
  private final Bytes what;
  private final boolean prefix;
  private final boolean previous;

  /// Of the revision that is being told; everything before it was.
  private final Set<WatchEvent.Change> seen = new HashSet<>();

  private long revision;
  private boolean whole = true;

  /// @param from first revision whose changes are told
  Spectator(
      World world,
      WatchLedger ledger,
      String name,
      Bytes what,
      boolean prefix,
      boolean previous,
      long from) {
    this.world = world;
    this.ledger = ledger;
    this.name = name;
    this.what = what;
    this.prefix = prefix;
    this.previous = previous;
    this.revision = from - 1;
  }

  /// Where to go on elsewhere: [#toldAlready] is left out.
  long resumeFrom() {
    return whole ? revision + 1 : revision;
  }

  /// The revision up to which everything was told.
  long complete() {
    return whole ? revision : revision - 1;
  }

  /// What was told of the revision to go on from.
  Set<WatchEvent.Change> toldAlready() {
    return whole ? Set.of() : Set.copyOf(seen);
  }

  void told(Machine where, WatchEvent event) {
    switch (event) {
      case WatchEvent.Change change -> changed(where, change);
      case WatchEvent.Progress(long upTo) -> complete(where, upTo, "progress");
      case WatchEvent.Canceled last -> complete(where, last.revision(), "the last event");
    }
  }

  private void changed(Machine where, WatchEvent.Change change) {
    long at = change.revision();
    check(
        whole ? at > revision : at >= revision,
        where,
        "was told of " + change + " after revision " + revision);
    if (at > revision) {
      check(at <= ledger.last(), where, "was told of " + change + ", nobody has come so far");
      finish(where, at - 1);
      revision = at;
      whole = false;
      seen.clear();
    }
    boolean happened =
        ledger.at(at).stream().anyMatch(real -> asTold(real).equals(change)) && concerns(change);
    check(happened, where, "was told of " + change + ", there were " + ledger.at(at));
    check(seen.add(change), where, "was told twice of " + change);
  }

  private void complete(Machine where, long upTo, String by) {
    check(
        upTo <= ledger.last() || upTo <= revision,
        where,
        by + " tells of revision " + upTo + ", nobody is further than " + ledger.last());
    if (upTo > revision || (upTo == revision && !whole)) {
      finish(where, upTo);
      revision = upTo;
      whole = true;
      seen.clear();
    }
  }

  /// Everything up to a revision must have been told.
  private void finish(Machine where, long upTo) {
    for (Set<WatchEvent.Change> all : ledger.between(resumeFrom(), upTo).values()) {
      for (WatchEvent.Change real : all) {
        check(
            !concerns(real) || (real.revision() == revision && seen.contains(asTold(real))),
            where,
            "was not told of " + real + " and is at " + upTo);
      }
    }
  }

  private WatchEvent.Change asTold(WatchEvent.Change real) {
    return previous ? real : WatchLedger.withoutPrevious(real);
  }

  private boolean concerns(WatchEvent.Change change) {
    return prefix ? change.key().startsWith(what) : change.key().equals(what);
  }

  private void check(boolean holds, Machine where, String wrong) {
    world.watch().check(holds, where, name + " " + wrong);
  }
}
