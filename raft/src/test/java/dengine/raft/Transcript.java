package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/// What happened in a [Scenario], one line each, to be read by people and compared with a golden
/// file.
///
/// The golden files are in `src/test/resources/dengine/raft/transcripts`; run the tests with
/// `-Dtranscripts.rewrite=true` to write them anew, and review the difference.
final class Transcript {

  private static final String FOLDER = "src/test/resources/dengine/raft/transcripts";

  private final StringBuilder text = new StringBuilder();

  void chapter(String title) {
    text.append(text.isEmpty() ? "" : "\n").append("# ").append(title).append('\n');
  }

  void act(long now, String what) {
    text.append(">%4d ms  %s%n".formatted(now / 1_000_000, what));
  }

  void effect(int node, Effect effect) {
    text.append("    ").append(line(node, effect)).append('\n');
  }

  void lost(int from, int to, Message message) {
    text.append("    n%d -x n%d  %s%n".formatted(from, to, line(message)));
  }

  @Override
  public String toString() {
    return text.toString();
  }

  void matches(String name) {
    Path file = Path.of(System.getProperty("basedir", "."), FOLDER, name + ".txt");
    try {
      if (Boolean.getBoolean("transcripts.rewrite")) {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
      }
      String golden = Files.readString(file, StandardCharsets.UTF_8);
      assertThat(text.toString()).as("transcript %s", file).isEqualTo(golden);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String line(long now, int node, Event event) {
    String what =
        event instanceof Event.Received(int from, Message message)
            ? "n" + from + ": " + line(message)
            : event.toString();
    return "%d us n%d  %s".formatted(now / 1000, node, what);
  }

  static String line(int node, Effect effect) {
    return switch (effect) {
      case Effect.Send(int to, Message message) ->
          "n%d -> n%d  %s".formatted(node, to, line(message));
      case Effect.Persist write ->
          "n%d writes #%d%s".formatted(node, write.sequence(), what(write));
      case Effect.Apply(List<Entry> entries) -> "n%d applies %s".formatted(node, line(entries));
      case Effect.ReadEntries read ->
          "n%d reads %d..%d for %s"
              .formatted(
                  node,
                  read.from(),
                  read.upTo(),
                  read.reader() == Raft.APPLIER ? "applying" : "n" + read.reader());
      case Effect.ServeReads(List<Ticket> tickets, long index) ->
          "n%d serves %s at %d".formatted(node, tickets, index);
      case Effect.Accept(Ticket ticket, Position position) ->
          "n%d accepts %s at %s".formatted(node, ticket, line(position));
      case Effect.Refuse(Ticket ticket, Refusal refusal) ->
          "n%d refuses %s: %s".formatted(node, ticket, refusal);
      case Effect.Announce(RoleChange change) ->
          "n%d is %s in term %d%s"
              .formatted(
                  node,
                  change.role(),
                  change.term(),
                  change.leader() == 0 ? "" : ", led by n" + change.leader());
      case Effect.Configured(long index, Membership membership, boolean committed) ->
          "n%d %s %s of index %d"
              .formatted(node, committed ? "has committed" : "follows", line(membership), index);
      case Effect.Compact(Position upTo) -> "n%d forgets up to %s".formatted(node, line(upTo));
      case Effect.SendSnapshot send -> "n%d sends a snapshot to n%d".formatted(node, send.to());
      case Effect.FetchSnapshot(int from, Message.OfferSnapshot offer) ->
          "n%d fetches the snapshot of %s from n%d"
              .formatted(node, line(offer.point().position()), from);
      case Effect.Install(SnapshotPoint point) ->
          "n%d installs the snapshot of %s".formatted(node, line(point.position()));
      case Effect.Found(Membership membership) -> "n%d founds %s".formatted(node, line(membership));
      case Effect.Fatal(Throwable cause) -> "n%d stops: %s".formatted(node, cause.getMessage());
    };
  }

  private static String what(Effect.Persist write) {
    StringBuilder what = new StringBuilder();
    write.hardState().ifPresent(h -> what.append(" term=%d vote=%d".formatted(h.term(), h.vote())));
    write.reset().ifPresent(point -> what.append(" begins after ").append(line(point.position())));
    if (write.truncateFrom() > 0) {
      what.append(" truncated from ").append(write.truncateFrom());
    }
    if (!write.entries().isEmpty()) {
      what.append(' ').append(line(write.entries()));
    }
    return what.toString();
  }

  static String line(Message message) {
    return switch (message) {
      case Message.AskVote m ->
          "AskVote%s term=%d last=%s%s"
              .formatted(
                  m.pre() ? " pre" : "", m.term(), line(m.last()), m.transfer() ? " transfer" : "");
      case Message.Vote m ->
          "Vote%s term=%d %s"
              .formatted(m.pre() ? " pre" : "", m.term(), m.granted() ? "granted" : "denied");
      case Message.Replicate m ->
          "Replicate term=%d previous=%s %s commit=%d"
              .formatted(m.term(), line(m.previous()), line(m.entries()), m.commit());
      case Message.Replicated m -> "Replicated term=%d matched=%d".formatted(m.term(), m.matched());
      case Message.Conflict m ->
          "Conflict term=%d previous=%d hint=%s".formatted(m.term(), m.previous(), line(m.hint()));
      case Message.Heartbeat m ->
          "Heartbeat term=%d commit=%d round=%d".formatted(m.term(), m.commit(), m.round());
      case Message.HeartbeatAck m -> "HeartbeatAck term=%d round=%d".formatted(m.term(), m.round());
      case Message.Outdated m -> "Outdated term=%d".formatted(m.term());
      case Message.CampaignNow m -> "CampaignNow term=%d".formatted(m.term());
      case Message.OfferSnapshot m ->
          "OfferSnapshot term=%d at=%s".formatted(m.term(), line(m.point().position()));
      case Message.Introduce m ->
          "Introduce incarnation=%d heard=%s%s"
              .formatted(m.incarnation(), m.heard(), m.founded() ? " founded" : "");
      case Message.Recognize m ->
          "Recognize term=%d incarnation=%d %s"
              .formatted(m.term(), m.incarnation(), m.member() ? "member" : "stranger");
      case Message.NotMember m -> "NotMember term=%d index=%d".formatted(m.term(), m.index());
      case Message.Transfer m -> m.toString();
    };
  }

  private static String line(Membership membership) {
    StringBuilder line = new StringBuilder("voters ").append(membership.voters());
    if (membership.isJoint()) {
      line.append(" outgoing ").append(membership.outgoing());
    }
    if (!membership.learners().isEmpty()) {
      line.append(" learners ").append(membership.learners());
    }
    if (!membership.demoted().isEmpty()) {
      line.append(" demoted ").append(membership.demoted());
    }
    return line.toString();
  }

  private static String line(Position position) {
    return position.index() + "/" + position.term();
  }

  private static String line(List<Entry> entries) {
    return entries.stream().map(Transcript::line).collect(Collectors.joining(" ", "[", "]"));
  }

  private static String line(Entry entry) {
    return line(entry.position())
        + (entry.kind() == Entry.Kind.COMMAND
            ? ":" + new String(entry.payload(), StandardCharsets.UTF_8)
            : "");
  }
}
