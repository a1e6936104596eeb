package dengine.raft;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// Who takes part. While `outgoing` is not empty the configuration is joint (§6): elections,
/// commits, reads and leases then need a majority of `voters` **and** a majority of `outgoing`.
///
/// @param voters ids of the (incoming) voters, ascending; none only in [#NONE], which a node has
///     that is yet to join
/// @param outgoing ids of the voters being left behind, ascending; empty unless joint
/// @param learners ids of the members that receive the log but have no vote, ascending; disjoint
///     from both voter sets
/// @param demoted those of `outgoing` that stay as learners when the joint configuration is left,
///     ascending; none of them is in `voters`
/// @param details what is known of members beyond their ids; those of which nothing is known are
///     missing
public record Membership(
    List<Integer> voters,
    List<Integer> outgoing,
    List<Integer> learners,
    List<Integer> demoted,
    SortedMap<Integer, Member> details) {

  /// What a node knows that has not joined a cluster: nobody.
  public static final Membership NONE = new Membership(List.of(), List.of(), List.of());

  private static final byte VERSION = 1;
  static final int MAX_MEMBERS = 1024;
  static final int MAX_ADDRESS_BYTES = 1024;

  /// What is known of a member beyond its id. The core itself uses neither address nor reads it.
  ///
  /// @param address where it is reached, `host:port`; empty if that is not known
  /// @param incarnation the random number its disk was set up with, by which a wiped disk is
  ///     noticed; 0 if not known
  /// @param readOnly whether it stays a learner for ever
  /// @param replaces the member that leaves when this learner is promoted; 0 for none
  public record Member(String address, long incarnation, boolean readOnly, int replaces) {

    /// Nothing.
    public static final Member UNKNOWN = new Member("", 0, false, 0);
  }

  public Membership {
    voters = sorted(voters);
    outgoing = sorted(outgoing);
    learners = sorted(learners);
    demoted = sorted(demoted);
    if (voters.isEmpty() && !(outgoing.isEmpty() && learners.isEmpty())) {
      throw new IllegalArgumentException("a membership needs at least one voter");
    }
    for (int learner : learners) {
      if (voters.contains(learner) || outgoing.contains(learner)) {
        throw new IllegalArgumentException("node " + learner + " is both voter and learner");
      }
    }
    for (int id : demoted) {
      if (voters.contains(id) || !outgoing.contains(id)) {
        throw new IllegalArgumentException("node " + id + " is demoted, but not on its way out");
      }
    }
    TreeSet<Integer> members = new TreeSet<>(voters);
    members.addAll(outgoing);
    members.addAll(learners);
    TreeMap<Integer, Member> known = new TreeMap<>(details);
    known.values().removeIf(Member.UNKNOWN::equals);
    if (!members.containsAll(known.keySet())) {
      throw new IllegalArgumentException("details of " + known.keySet() + ", members " + members);
    }
    details = Collections.unmodifiableSortedMap(known);
  }

  /// A configuration of which nothing but the ids is known.
  public Membership(List<Integer> voters, List<Integer> outgoing, List<Integer> learners) {
    this(voters, outgoing, learners, List.of(), new TreeMap<>());
  }

  /// A plain configuration of voters.
  public static Membership of(Collection<Integer> voters) {
    return new Membership(List.copyOf(voters), List.of(), List.of());
  }

  /// A plain configuration of voters.
  public static Membership of(Integer... voters) {
    return of(List.of(voters));
  }

  /// Whether two majorities are needed.
  public boolean isJoint() {
    return !outgoing.isEmpty();
  }

  /// Whether the node has a vote in either half.
  public boolean isVoter(int id) {
    return voters.contains(id) || outgoing.contains(id);
  }

  /// Whether the node takes part in any way.
  public boolean isMember(int id) {
    return isVoter(id) || learners.contains(id);
  }

  /// What is known of a node; [Member#UNKNOWN] if nothing is.
  public Member member(int id) {
    return Objects.requireNonNull(details.getOrDefault(id, Member.UNKNOWN));
  }

  /// Whether it has members and knows the disk of none: what a backup says that was restored. No
  /// node may conclude from it that the disk it has is the one that is meant.
  public boolean namesNoDisk() {
    return !voters.isEmpty()
        && details.values().stream().allMatch(member -> member.incarnation == 0);
  }

  /// The same members with the same addresses, on disks that are not known.
  public Membership withoutDisks() {
    TreeMap<Integer, Member> others = new TreeMap<>();
    details.forEach(
        (id, member) ->
            others.put(id, new Member(member.address, 0, member.readOnly, member.replaces)));
    return withDetails(others);
  }

  /// Every member: voters of both halves and learners, ascending.
  public List<Integer> members() {
    TreeSet<Integer> all = new TreeSet<>(voters);
    all.addAll(outgoing);
    all.addAll(learners);
    return List.copyOf(all);
  }

  /// The same with other details, of members only.
  public Membership withDetails(Map<Integer, Member> others) {
    return new Membership(voters, outgoing, learners, demoted, new TreeMap<>(others));
  }

  /// As the payload of an entry, or within a snapshot: version, the four lists, the details; all
  /// numbers big-endian. Any members in the same state have the same bytes.
  public byte[] encode() {
    int size = 1 + 4 * 4 + 4 * (voters.size() + outgoing.size() + learners.size() + demoted.size());
    size += 4;
    for (Member member : details.values()) {
      size += 4 + 8 + 1 + 4 + 4 + member.address.getBytes(StandardCharsets.UTF_8).length;
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.put(VERSION);
    for (List<Integer> ids : List.of(voters, outgoing, learners, demoted)) {
      out.putInt(ids.size());
      ids.forEach(out::putInt);
    }
    out.putInt(details.size());
    details.forEach(
        (id, member) -> {
          byte[] address = member.address.getBytes(StandardCharsets.UTF_8);
          out.putInt(id).putLong(member.incarnation).put((byte) (member.readOnly ? 1 : 0));
          out.putInt(member.replaces).putInt(address.length).put(address);
        });
    return out.array();
  }

  /// Reads what [#encode] wrote.
  ///
  /// @throws IllegalArgumentException if the bytes are nothing of the kind
  public static Membership decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      byte version = in.get();
      if (version != VERSION) {
        throw new IllegalArgumentException("membership of version " + version);
      }
      List<Integer> voters = ids(in);
      List<Integer> outgoing = ids(in);
      List<Integer> learners = ids(in);
      List<Integer> demoted = ids(in);
      TreeMap<Integer, Member> details = new TreeMap<>();
      int count = count(in, 4 * MAX_MEMBERS, 21);
      for (int i = 0; i < count; i++) {
        int id = in.getInt();
        long incarnation = in.getLong();
        boolean readOnly = in.get() == 1;
        int replaces = in.getInt();
        byte[] address = new byte[count(in, MAX_ADDRESS_BYTES, 1)];
        in.get(address);
        String text = new String(address, StandardCharsets.UTF_8);
        details.put(id, new Member(text, incarnation, readOnly, replaces));
      }
      if (in.hasRemaining()) {
        throw new IllegalArgumentException(in.remaining() + " bytes after a membership");
      }
      return new Membership(voters, outgoing, learners, demoted, details);
    } catch (java.nio.BufferUnderflowException e) {
      throw new IllegalArgumentException("a membership that ends early", e);
    }
  }

  private static List<Integer> ids(ByteBuffer in) {
    Integer[] ids = new Integer[count(in, MAX_MEMBERS, Integer.BYTES)];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = in.getInt();
    }
    return List.of(ids);
  }

  private static int count(ByteBuffer in, int most, int bytesEach) {
    int count = in.getInt();
    if (count < 0 || count > most || (long) count * bytesEach > in.remaining()) {
      throw new IllegalArgumentException(count + " parts of a membership");
    }
    return count;
  }

  private static List<Integer> sorted(List<Integer> ids) {
    TreeSet<Integer> set = new TreeSet<>(ids);
    if (set.size() != ids.size()) {
      throw new IllegalArgumentException("duplicate node id in " + ids);
    }
    if (!set.isEmpty() && set.getFirst() < 1) {
      throw new IllegalArgumentException("node ids start at 1: " + ids);
    }
    return List.copyOf(set);
  }
}
