package dengine.client;

import dengine.api.Member;
import dengine.proto.v1.Welcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Knows the servers, and which of them takes what: the leader as far as known, and one favourite
/// for reads that any node may answer, so that such reads do not go back and forth in time while it
/// lives.
///
/// Owned by the client's event loop, but for [#ask].
final class Routes {

  private static final System.Logger LOGGER = System.getLogger(Routes.class.getName());

  /// Most servers known: those configured, and those that hints named.
  private static final int MAX_ENDPOINTS = 64;

  private static final int MAX_TROUBLES = 5;

  private final ClientOptions options;
  private final ClientLoop loop;
  private final Endpoint.Owner owner;
  private final List<Endpoint> endpoints = new ArrayList<>();
  private final Set<String> configured = new HashSet<>();
  private final Set<String> strangers = new HashSet<>();
  private long clusterId;
  private @Nullable Endpoint leader;
  private @Nullable Endpoint favourite;

  /// Where the last call without a known leader went.
  private int cursor;

  Routes(ClientOptions options, ClientLoop loop, Endpoint.Owner owner) {
    this.options = options;
    this.loop = loop;
    this.owner = owner;
    this.cursor = (int) loop.random(MAX_ENDPOINTS);
  }

  /// Adds a server and starts connecting to it.
  Endpoint add(String address) {
    Endpoint endpoint = new Endpoint(address, options, loop, owner);
    endpoints.add(endpoint);
    endpoint.connect();
    return endpoint;
  }

  /// Adds a server that the user named, which is never forgotten.
  void configured(String address) {
    configured.add(address);
    add(address);
  }

  /// Who the members are, according to one of them, perhaps not the last to know: it is tried to
  /// reach all, and those that are none and cannot be reached are forgotten.
  void learn(List<Member> members) {
    Set<String> addresses = new HashSet<>();
    Set<Integer> ids = new HashSet<>();
    members.forEach(
        member -> {
          addresses.add(member.address());
          ids.add(member.id());
        });
    for (Endpoint known : List.copyOf(endpoints)) {
      boolean member = addresses.contains(known.address) || ids.contains(known.nodeId);
      if (!member && !known.isReady() && !configured.contains(known.address)) {
        forget(known);
      }
    }
    members.forEach(member -> find(member.id(), member.address()));
  }

  /// One that is not ready has no calls.
  private void forget(Endpoint endpoint) {
    endpoints.remove(endpoint);
    doubt(endpoint);
    List<Call<?>> left = endpoint.close();
    assert left.isEmpty();
  }

  /// Why servers cannot be reached at present, for people; empty if all can.
  String troubles() {
    return endpoints.stream()
        .filter(endpoint -> !endpoint.isReady() && !endpoint.lastFailure().isEmpty())
        .map(endpoint -> endpoint.address + ": " + endpoint.lastFailure())
        .limit(MAX_TROUBLES)
        .collect(Collectors.joining("; "));
  }

  List<Endpoint> all() {
    return endpoints;
  }

  /// Where to send a call now; empty if no server can take it.
  Optional<Endpoint> pick(Operation.Kind kind) {
    Endpoint best = kind == Operation.Kind.ANY_READ ? favourite : leader;
    if (best != null && best.isHealthy()) {
      return Optional.of(best);
    }
    Optional<Endpoint> next = anyReady();
    if (kind == Operation.Kind.ANY_READ) {
      favourite = next.orElse(null);
    }
    return next;
  }

  /// The next server in turn, one without overdue answers if there is one.
  private Optional<Endpoint> anyReady() {
    Endpoint fallback = null;
    for (int i = 0; i < endpoints.size(); i++) {
      cursor++;
      Endpoint candidate = endpoints.get(Math.floorMod(cursor, endpoints.size()));
      if (candidate.isHealthy()) {
        return Optional.of(candidate);
      }
      if (candidate.isReady()) {
        fallback = candidate;
      }
    }
    return Optional.ofNullable(fallback);
  }

  /// Whether this is a server of the cluster that the first server to answer belongs to. A list of
  /// addresses that mixes clusters must not spread one application's data over both.
  boolean belongs(String address, long itsClusterId) {
    if (clusterId == 0) {
      clusterId = itsClusterId;
    }
    boolean ours = clusterId == itsClusterId;
    if (!ours && strangers.add(address)) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "not used address={0} reason=\"it belongs to cluster {1}, the others to cluster {2}\"",
          address,
          Long.toHexString(itsClusterId),
          Long.toHexString(clusterId));
    }
    return ours;
  }

  /// This server did what only a leader does.
  void leads(Endpoint endpoint) {
    leader = endpoint;
  }

  /// This server does not lead, or cannot be relied upon.
  void doubt(Endpoint endpoint) {
    if (leader == endpoint) {
      leader = null;
    }
    if (favourite == endpoint) {
      favourite = null;
    }
  }

  /// What a server says about the leader when it introduces itself; anything learned from calls is
  /// fresher.
  void welcome(Welcome welcome) {
    Endpoint known = leader;
    if (known == null || !known.isReady()) {
      Optional<Endpoint> hinted = find(welcome.getLeaderId(), welcome.getLeaderAddress());
      hinted.ifPresent(this::leads);
    }
  }

  /// A server that refused names the leader.
  ///
  /// @return whether the hint leads to another server that can be asked right now
  boolean follow(Endpoint from, int leaderId, String leaderAddress) {
    Optional<Endpoint> hinted = find(leaderId, leaderAddress);
    if (hinted.isEmpty() || hinted.get() == from) {
      if (leader == from) {
        leader = null;
      }
      return false;
    }
    leader = hinted.get();
    return hinted.get().isHealthy();
  }

  /// Asks on the loop; any thread.
  <T> CompletableFuture<T> ask(Function<Routes, T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      loop.execute(() -> answer.complete(question.apply(this)));
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(Call.closed());
    }
    return answer;
  }

  /// Where servers are, the most promising first: the leader if it is known, then those that
  /// answer, then the others.
  List<String> byPromise() {
    return endpoints.stream()
        .sorted(Comparator.comparingInt(this::doubts))
        .map(endpoint -> endpoint.address)
        .collect(Collectors.toList());
  }

  private int doubts(Endpoint endpoint) {
    if (endpoint.isHealthy()) {
      return endpoint.equals(leader) ? 0 : 1;
    }
    return endpoint.isReady() ? 2 : 3;
  }

  /// Where clients reach the server that a refusal names; empty if nothing is known.
  String locate(int leaderId, String leaderAddress) {
    return find(leaderId, leaderAddress).map(endpoint -> endpoint.address).orElse("");
  }

  /// By node id first: the address that nodes know each other by may not be the one that clients
  /// use.
  private Optional<Endpoint> find(int id, String address) {
    if (id != 0) {
      for (Endpoint endpoint : endpoints) {
        if (endpoint.nodeId == id) {
          return Optional.of(endpoint);
        }
      }
    }
    for (Endpoint endpoint : endpoints) {
      if (endpoint.address.equals(address)) {
        return Optional.of(endpoint);
      }
    }
    return !NameLookup.isAddress(address) || endpoints.size() >= MAX_ENDPOINTS
        ? Optional.empty()
        : Optional.of(add(address));
  }
}
