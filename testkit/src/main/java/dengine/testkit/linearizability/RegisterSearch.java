package dengine.testkit.linearizability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;

/// The search of Wing and Gong with Lowe's memory, for one key: place operations one after the
/// other, go back when stuck, and never visit the same set of placed operations with the same state
/// twice.
///
/// An operation may be placed next if no operation that has still to be placed returned before it
/// was invoked. Calls and returns lie in a linked list in the order of time; placing lifts both out
/// of it ("just in time"), so the candidates are what stands before the first return.
///
/// Operations with unknown outcome are tried after all others, and only where they help: one that
/// changes nothing, or whose effect the very next operation overwrites, can be left out of an
/// explanation; and one that the next operation could do without can be placed after it. So the
/// next operation must need it. An explanation with the fewest such operations, each as late as can
/// be, has that form; nothing is missed.
///
/// What never changes the state, a read or a refused swap, is placed as soon as it may be and fits,
/// without a choice: any explanation that places it later is one with it placed here. And no value
/// is overwritten that an operation still to be placed needs and that nobody stores any more.
final class RegisterSearch {

  enum Outcome {
    EXPLAINED,
    IMPOSSIBLE,
    UNDECIDED
  }

  private static final int HEAD = 0;
  private static final int UNRESTRICTED = -1;
  /// How many steps go by between two looks at the clock.
  private static final int STEPS_PER_CLOCK = 1 << 12;

  private final List<RegisterOperation> required;
  private final List<RegisterOperation> optional;

  /// Linked list of events; entry 0 is the head, 1 + 2i the call and 2 + 2i the return of required
  /// i.
  private final int[] next;
  private final int[] previous;

  private final LinearizedSet placed;
  private final Demand demand;
  private final Visited visited = new Visited();
  private final long maxConfigurations;
  private final BooleanSupplier outOfTime;

  /// The path: what was placed, and the state before it. Optional i is noted as -1 - i.
  private final int[] path;
  private final int[] statesBefore;
  /// Whether there was no choice.
  private final boolean[] forced;
  private int depth;
  private int state = RegisterOperation.ABSENT;
  private int requiredPlaced;

  private final boolean explaining;
  private List<RegisterOperation> bestPath = List.of();
  private int bestPlaced;
  private int bestState = RegisterOperation.ABSENT;

  /// @param explaining whether to remember the longest part that could be explained
  /// @param maxConfigurations how many points of the search to remember before giving up
  /// @param outOfTime asked now and then whether to give up
  RegisterSearch(
      List<RegisterOperation> operations,
      boolean explaining,
      long maxConfigurations,
      BooleanSupplier outOfTime) {
    List<RegisterOperation> sorted = new ArrayList<>(operations);
    sorted.sort(Comparator.comparingLong(RegisterOperation::invoked));
    this.required = sorted.stream().filter(operation -> !operation.optional()).toList();
    this.optional = sorted.stream().filter(RegisterOperation::optional).toList();
    this.explaining = explaining;
    this.maxConfigurations = maxConfigurations;
    this.outOfTime = outOfTime;
    this.next = new int[1 + 2 * required.size()];
    this.previous = new int[1 + 2 * required.size()];
    this.placed = new LinearizedSet(required.size(), optional.size());
    this.path = new int[sorted.size()];
    this.statesBefore = new int[sorted.size()];
    this.forced = new boolean[sorted.size()];
    this.demand = new Demand(required, optional);
    linkEvents();
  }

  private void linkEvents() {
    List<Integer> events = new ArrayList<>();
    for (int event = 1; event < next.length; event++) {
      events.add(event);
    }
    // At the same instant calls come first: operations that touch are concurrent.
    events.sort(
        Comparator.<Integer>comparingLong(this::time).thenComparingInt(e -> isCall(e) ? 0 : 1));
    int last = HEAD;
    for (int event : events) {
      next[last] = event;
      previous[event] = last;
      last = event;
    }
    next[last] = HEAD;
    previous[HEAD] = last;
  }

  /// How many points of the search are remembered.
  long configurations() {
    return visited.size();
  }

  Outcome run() {
    placeForced();
    int candidate = next[HEAD];
    long steps = 0;
    while (requiredPlaced < required.size()) {
      if ((++steps % STEPS_PER_CLOCK == 0 && outOfTime.getAsBoolean())
          || visited.size() > maxConfigurations) {
        return Outcome.UNDECIDED;
      }
      if (candidate > HEAD && isCall(candidate)) {
        candidate = tryRequired(candidate) ? next[HEAD] : next[candidate];
      } else {
        // All required candidates have failed here; a negative number says where to go on with the
        // others.
        int firstHelper = candidate < HEAD ? -1 - candidate : 0;
        if (placeOptionalFrom(firstHelper)) {
          candidate = next[HEAD];
        } else {
          undoForced();
          if (depth == 0) {
            return Outcome.IMPOSSIBLE;
          }
          candidate = goBack();
        }
      }
    }
    return Outcome.EXPLAINED;
  }

  /// The longest sequence of operations that explains a part of the history.
  List<RegisterOperation> longestExplanation() {
    return bestPath;
  }

  /// The state after [#longestExplanation].
  int stateAfterLongest() {
    return bestState;
  }

  private boolean tryRequired(int call) {
    int index = (call - 1) >> 1;
    RegisterOperation operation = required.get(index);
    int after = operation.after(state);
    if (after == RegisterOperation.IMPOSSIBLE || wastesOptional(operation)) {
      return false;
    }
    placeRequired(index, after, false);
    if (strands() || !isNewPoint(UNRESTRICTED)) {
      goBack();
      return false;
    }
    return true;
  }

  private void placeRequired(int index, int after, boolean withoutChoice) {
    placed.addRequired(index);
    demand.placed(required.get(index));
    int call = 1 + 2 * index;
    unlink(call);
    unlink(call + 1);
    forced[depth] = withoutChoice;
    push(index, after);
    requiredPlaced++;
    noteProgress();
  }

  /// Whether the step just taken overwrote a value that is still needed.
  private boolean strands() {
    int before = statesBefore[depth - 1];
    return before != state && demand.isLast(before);
  }

  /// Whether the search was not here before; what has to follow anyway is placed.
  ///
  /// @param restricted what the last step left behind, on which the next one must depend
  private boolean isNewPoint(int restricted) {
    int here = depth;
    placeForced();
    if (visited.add(placed, state, depth > here ? UNRESTRICTED : restricted)) {
      return true;
    }
    undoForced();
    return false;
  }

  private void placeForced() {
    // One pass: what is lifted out of the list lets more calls stand before the first return.
    int event = next[HEAD];
    while (event != HEAD && isCall(event)) {
      int following = next[event] == event + 1 ? next[event + 1] : next[event];
      int index = (event - 1) >> 1;
      RegisterOperation operation = required.get(index);
      if (operation.changesNothing() && operation.after(state) == state) {
        placeRequired(index, state, true);
        event = following;
      } else {
        event = next[event];
      }
    }
  }

  private void undoForced() {
    while (depth > 0 && forced[depth - 1]) {
      goBack();
    }
  }

  /// Places the first optional operation from this number on that may come next and helps.
  private boolean placeOptionalFrom(int first) {
    int firstReturn = next[HEAD];
    while (firstReturn != HEAD && isCall(firstReturn)) {
      firstReturn = next[firstReturn];
    }
    long limit = time(firstReturn);
    for (int i = first; i < optional.size(); i++) {
      RegisterOperation operation = optional.get(i);
      if (operation.invoked() > limit) {
        return false;
      }
      if (!placed.hasOptional(i) && placeOptional(i, operation)) {
        return true;
      }
    }
    return false;
  }

  private boolean placeOptional(int index, RegisterOperation operation) {
    int after = operation.after(state);
    if (after == RegisterOperation.IMPOSSIBLE || after == state || wastesOptional(operation)) {
      return false;
    }
    int before = state;
    placed.addOptional(index);
    demand.placed(operation);
    forced[depth] = false;
    push(-1 - index, after);
    if (strands() || !isNewPoint(before)) {
      goBack();
      return false;
    }
    return true;
  }

  /// Whether the operation just before is an optional one and this one could do without it.
  private boolean wastesOptional(RegisterOperation operation) {
    return depth > 0
        && path[depth - 1] < 0
        && operation.after(statesBefore[depth - 1]) != RegisterOperation.IMPOSSIBLE;
  }

  private void push(int number, int after) {
    path[depth] = number;
    statesBefore[depth] = state;
    depth++;
    state = after;
  }

  /// Takes the last operation back; the next candidate to try in its stead.
  private int goBack() {
    depth--;
    state = statesBefore[depth];
    int number = path[depth];
    if (number < 0) {
      placed.removeOptional(-1 - number);
      demand.takenBack(optional.get(-1 - number));
      // The next optional one: -1 - (i + 1).
      return number - 1;
    }
    placed.removeRequired(number);
    demand.takenBack(required.get(number));
    requiredPlaced--;
    int call = 1 + 2 * number;
    relink(call + 1);
    relink(call);
    return next[call];
  }

  /// Copies the path whenever it is the longest so far: only for explaining a short history.
  private void noteProgress() {
    if (!explaining || requiredPlaced <= bestPlaced) {
      return;
    }
    bestPlaced = requiredPlaced;
    bestState = state;
    List<RegisterOperation> copy = new ArrayList<>(depth);
    for (int i = 0; i < depth; i++) {
      copy.add(path[i] < 0 ? optional.get(-1 - path[i]) : required.get(path[i]));
    }
    bestPath = copy;
  }

  private void unlink(int event) {
    next[previous[event]] = next[event];
    previous[next[event]] = previous[event];
  }

  private void relink(int event) {
    next[previous[event]] = event;
    previous[next[event]] = event;
  }

  private static boolean isCall(int event) {
    return (event & 1) == 1;
  }

  private long time(int event) {
    if (event == HEAD) {
      return Operation.NEVER;
    }
    RegisterOperation operation = required.get((event - 1) >> 1);
    return isCall(event) ? operation.invoked() : operation.returned();
  }
}
