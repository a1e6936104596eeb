package dengine.raft;

import java.util.List;
import java.util.function.Consumer;

/// What a core says that has stopped: no to whoever asks, nothing else.
final class Stopped {

  private Stopped() {}

  static void refuse(Event event, Consumer<Effect> effects) {
    Refusal refusal = new Refusal.Stopped();
    switch (event) {
      case Event.Proposed(List<Event.Proposal> proposals) ->
          proposals.forEach(p -> effects.accept(new Effect.Refuse(p.ticket(), refusal)));
      case Event.ReadAsked(List<Ticket> tickets) ->
          tickets.forEach(t -> effects.accept(new Effect.Refuse(t, refusal)));
      case Event.TransferAsked(Ticket ticket, int _) ->
          effects.accept(new Effect.Refuse(ticket, refusal));
      case Event.MembershipAsked(Ticket ticket, MembershipChange _) ->
          effects.accept(new Effect.Refuse(ticket, refusal));
      case Event.SnapshotTaken _,
          Event.SnapshotFetched _,
          Event.FetchFailed _,
          Event.SnapshotSent _,
          Event.Installed _,
          Event.Founded _,
          Event.Due _ -> {}
      case Event.Tick(),
          Event.Received _,
          Event.Persisted _,
          Event.EntriesRead _,
          Event.Applied _,
          Event.Unreachable _,
          Event.StorageFailed _ -> {}
    }
  }
}
