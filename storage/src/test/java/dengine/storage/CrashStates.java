package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.raft.Effect.Persist;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import dengine.storage.Changes.Model;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/// One story of a directory, told from a seed: up to three lives, each of which recovers, goes on
/// writing, takes and fetches snapshots, compacts the log or lets it begin anew, and ends by a
/// kill, a power cut or a clean close. Before every call of the last life to the disk, recovery
/// included, everything is opened that a kill or a power cut would leave: each combination of
/// unsynced sectors and names, or a sample where there are too many. A state that was seen before
/// at the same point is not counted and not opened again.
final class CrashStates implements SimulatedDisk.Faults {

  /// What was tried.
  ///
  /// @param states different contents of a disk that were opened and judged
  /// @param points calls to the disk before which that was done
  /// @param exhausted points of those where no combination was left out
  record Totals(long states, long points, long exhausted) {
    static final Totals NONE = new Totals(0, 0, 0);

    Totals plus(Totals other) {
      return new Totals(states + other.states, points + other.points, exhausted + other.exhausted);
    }
  }

  private static final Membership FOUNDERS = Membership.of(1, 2, 3);
  private static final int[] SEGMENT_BYTES = {4 << 10, 4 << 10, 5000, 8 << 10, 16 << 10};
  private static final int[] PAYLOAD_BYTES = {20, 100, 400, 900, 6000};

  private final long seed;
  private final boolean lies;
  private final Random random;
  private final StorageOptions options;
  private final int maxPayload;
  private final int batchesPerSync;
  private final SnapshotStory snapshots;
  private final List<String> violations = new ArrayList<>();
  private final Set<Long> seen = new HashSet<>();
  private Totals totals = Totals.NONE;

  // What a crash may leave just now: one of these from `acknowledged` to `issued`.
  private List<Model> models = List.of(Model.EMPTY);
  private int acknowledged;
  private int issued;
  private boolean established;
  private boolean founded;

  // Entries up to here are there to stay, and up to there may be gone.
  private long floor;
  private long compactedTo;

  // The present life.
  private SimulatedDisk disk = new SimulatedDisk();
  private int endsBefore;
  private boolean exploring;

  private CrashStates(long seed, boolean lies) {
    this.seed = seed;
    this.lies = lies;
    this.random = new Random(seed);
    this.snapshots = new SnapshotStory(random);
    this.options =
        Changes.SMALL.withSegmentBytes(SEGMENT_BYTES[random.nextInt(SEGMENT_BYTES.length)]);
    this.maxPayload = PAYLOAD_BYTES[random.nextInt(PAYLOAD_BYTES.length)];
    this.batchesPerSync = 1 + random.nextInt(5);
  }

  /// Tells a story.
  ///
  /// @param lies whether the disk reports syncs that it does not do
  static CrashStates explore(long seed, boolean lies) {
    CrashStates story = new CrashStates(seed, lies);
    int lives = 1 + story.random.nextInt(3);
    for (int life = 1; life < lives; life++) {
      if (!story.live(story.random.nextInt(90))) {
        return story;
      }
      story.disk =
          story.random.nextBoolean()
              ? story.disk.afterKill()
              : CrashOutcomes.any(story.disk, story.random);
    }
    story.exploring = true;
    if (story.live(Integer.MAX_VALUE)) {
      story.explorePoint(story.disk.calls(), "the end");
    }
    return story;
  }

  Totals totals() {
    return totals;
  }

  List<String> violations() {
    return violations;
  }

  private boolean live(int calls) {
    if (lies) {
      disk.lieAboutSyncs();
    }
    endsBefore = calls;
    disk.inject(this);
    try {
      write();
      return true;
    } catch (SimulatedDisk.PowerCut e) {
      return true; // the next life finds what is left
    } catch (RuntimeException e) {
      violations.add("story=%d, a life that cannot begin: %s".formatted(seed, e));
      return false;
    }
  }

  private void write() {
    FileStorageEngine engine = open(disk);
    if (!established) {
      if (engine.meta().identity().isEmpty()) {
        engine.meta().establish(Changes.OWNER, Changes.INCARNATION);
      }
      established = true;
    }
    LogStore log = engine.log();
    Model found = Model.of(log);
    models = new ArrayList<>(List.of(found));
    acknowledged = 0;
    issued = 0;
    compactedTo = found.base().index();
    floor = compactedTo;
    // The term that recovery raised is written, as a node does before it acts in that term.
    append(log, List.of(Changes.vote(1, found.hardState().term(), found.hardState().vote())));
    engine.snapshots().latest().ifPresent(newest -> reach(newest.point(), log));
    if (!founded && engine.meta().founders().isEmpty() && random.nextBoolean()) {
      engine.meta().found(FOUNDERS);
      founded = true;
    }
    for (int batch = 2 + random.nextInt(8); batch > 0; batch--) {
      List<Persist> changes = new ArrayList<>();
      Model model = models.getLast();
      for (int i = random.nextInt(3); i >= 0; i--) {
        Persist change = Changes.random(model, floor, models.size() + i, maxPayload, random);
        changes.add(change);
        model = model.after(change);
      }
      append(log, changes);
      if (random.nextInt(batchesPerSync) == 0) {
        log.force();
        acknowledged = issued;
        switch (random.nextInt(5)) {
          case 0, 1 -> forget(engine);
          case 2 -> fetch(engine);
          default -> {}
        }
      }
    }
    engine.close();
  }

  /// Lets a log begin anew that does not reach the newest snapshot, as a node does.
  private void reach(SnapshotPoint newest, LogStore log) {
    Position position = newest.position();
    Model model = models.getLast();
    floor = position.index();
    boolean reached =
        position.equals(model.base())
            || (position.index() <= model.last().index()
                && position.equals(model.entry(position.index()).position()));
    if (!reached) {
      append(log, List.of(Changes.reset(1, newest)));
    }
  }

  private void forget(FileStorageEngine engine) {
    Model model = models.getLast();
    long last = model.last().index();
    if (last == floor) {
      return;
    }
    floor += 1 + random.nextLong(last - floor);
    snapshots.take(engine.snapshots(), model.entry(floor).position());
    compactedTo = Math.max(compactedTo, floor - random.nextInt(4));
    engine.log().compact(new Position(compactedTo, 1));
    engine.snapshots().retain(1 + random.nextInt(2));
  }

  private void fetch(FileStorageEngine engine) {
    Position last = models.getLast().last();
    long index = floor + 1 + random.nextLong(last.index() - floor + 5);
    Position position = new Position(index, Math.max(1, last.term()) + random.nextInt(2));
    snapshots.fetch(engine.snapshots(), position);
    floor = index;
    append(engine.log(), List.of(Changes.reset(1, Snapshots.point(position))));
    engine.log().force();
    acknowledged = issued;
    compactedTo = index;
    engine.log().compact(position);
    engine.snapshots().retain(1 + random.nextInt(2));
  }

  private void append(LogStore log, List<Persist> changes) {
    changes.forEach(change -> models.add(models.getLast().after(change)));
    issued += changes.size();
    log.append(changes);
  }

  private FileStorageEngine open(SimulatedDisk on) {
    return FileStorageEngine.recover(Workload.DIRECTORY, Changes.OWNER, options.withDisk(on));
  }

  @Override
  public void before(int call, String path) {
    if (call >= endsBefore) {
      throw new SimulatedDisk.PowerCut();
    }
    if (exploring) {
      explorePoint(call, path);
    }
  }

  private void explorePoint(int call, String path) {
    seen.clear();
    check(disk.afterKill(), call, path, -1);
    boolean all =
        new CrashOutcomes(disk).forEach(random, (left, state) -> check(left, call, path, state));
    totals = totals.plus(new Totals(0, 1, all ? 1 : 0));
  }

  /// Opens what was left, compares it with what may be there, goes on with it, and cuts the power
  /// again: what was recovered must not get lost any more.
  private void check(SimulatedDisk left, int call, String path, int state) {
    // What a kill leaves has unsynced sectors besides; it must not hide its twin without them.
    if (state >= 0 && !seen.add(CrashOutcomes.contentOf(left))) {
      return;
    }
    totals = totals.plus(new Totals(1, 0, 0));
    String problem;
    try {
      problem = judge(left, totals.states() % 16 == 0);
    } catch (RuntimeException e) {
      problem = e.toString();
    }
    if (!problem.isEmpty()) {
      violations.add(
          "story=%d call=%d %s state=%d: %s".formatted(seed, call, path, state, problem));
    }
  }

  private String judge(SimulatedDisk left, boolean thoroughly) {
    FileStorageEngine engine = open(left);
    if (engine.meta().identity().isEmpty()) {
      if (established) {
        return "the identity is lost";
      }
      engine.meta().establish(Changes.OWNER, Changes.INCARNATION);
    }
    Optional<Membership> founders = engine.meta().founders();
    if (engine.meta().incarnation() != Changes.INCARNATION
        || (founders.isEmpty() && founded)
        || !founders.orElse(FOUNDERS).equals(FOUNDERS)) {
      return "incarnation %d, founders %s".formatted(engine.meta().incarnation(), founders);
    }
    String problem = snapshots.judge(engine.snapshots(), left);
    if (!problem.isEmpty()) {
      return problem;
    }
    Model found = Model.of(engine.log());
    if (!isPermitted(found)) {
      return "found %s, acknowledged %d of %d".formatted(found, acknowledged, issued);
    }
    // One choice per file is left when nothing is unsynced: then a power cut changes nothing, and
    // what is appended below is enough to see that it opens.
    if (thoroughly || left.choices().size() > left.files().size()) {
      Model again = Model.of(open(left.afterPowerCut(_ -> 0)).log());
      if (!again.equals(found)) {
        return "found %s, and after another power cut %s".formatted(found, again);
      }
    }
    return goOn(engine, found, left, thoroughly);
  }

  private String goOn(
      FileStorageEngine engine, Model found, SimulatedDisk left, boolean thoroughly) {
    long term = Math.max(1, found.hardState().term());
    long index = found.last().index() + 1;
    Persist change = Changes.entries(1, Changes.entry(index, term, 20));
    engine.log().append(List.of(change));
    engine.log().force();
    Model expected = found.after(change).repaired();
    if (thoroughly) {
      String problem = snapshots.goOn(engine.snapshots());
      if (!problem.isEmpty()) {
        return problem;
      }
      long upTo = engine.snapshots().latest().map(it -> it.point().position().index()).orElse(0L);
      engine.log().compact(new Position(Math.min(upTo, index), 1));
      expected =
          expected.compactedTo(open(left.afterKill()).log().recovered().log().base().index());
    }
    Model later = Model.of(open(left.afterPowerCut(_ -> 0)).log());
    return later.equals(expected) ? "" : "found %s, went on, and found %s".formatted(found, later);
  }

  private boolean isPermitted(Model found) {
    for (int i = acknowledged; i <= issued; i++) {
      if (models.get(i).explains(found, compactedTo)) {
        return true;
      }
    }
    return false;
  }
}
