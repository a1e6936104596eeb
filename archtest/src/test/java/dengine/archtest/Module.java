package dengine.archtest;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/// The modules and which of them each may use. Arrows go one way; a use that is not listed is a
/// violation, a reflexive one is always fine.
enum Module {
  RAFT,
  API,
  ENGINE(RAFT),
  STORAGE(ENGINE, RAFT),
  // Never RAFT: a user's state machine must be able to do all that ours does.
  KV(ENGINE, API),
  // A store of choice: never RAFT either.
  ROCKSDB(ENGINE, API, KV),
  PROTO,
  GRPC(ENGINE, RAFT, API, KV, PROTO),
  EMBEDDED(ENGINE, RAFT, API, KV, STORAGE, GRPC),
  CLIENT(API, PROTO),
  SERVER(EMBEDDED, ROCKSDB, GRPC, ENGINE, RAFT, API, KV, PROTO, STORAGE),
  CLI(SERVER, ROCKSDB, CLIENT, EMBEDDED, GRPC, ENGINE, RAFT, API, KV, PROTO, STORAGE),
  TESTKIT(EMBEDDED, ROCKSDB, GRPC, CLIENT, ENGINE, RAFT, API, KV, PROTO, STORAGE),
  BENCH(TESTKIT, ROCKSDB, SERVER, EMBEDDED, GRPC, CLIENT, ENGINE, RAFT, API, KV, PROTO, STORAGE),
  // The engine's state machine and storage interfaces are public: examples show them.
  EXAMPLES(ROCKSDB, EMBEDDED, CLIENT, ENGINE, RAFT, API);

  @SuppressWarnings("ImmutableEnumChecker") // from Set.of, never changed
  private final Set<Module> uses;

  Module(Module... uses) {
    this.uses = Set.of(uses);
  }

  /// The packages of this module, as ArchUnit writes them.
  String packages(String root) {
    return root + "." + name().toLowerCase(Locale.ROOT) + "..";
  }

  /// The packages of all modules that this one must not see.
  String[] forbidden(String root) {
    var others = EnumSet.complementOf(EnumSet.of(this));
    others.removeAll(uses);
    return others.stream().map(other -> other.packages(root)).toArray(String[]::new);
  }

  static String[] packages(String root, Module... modules) {
    return Arrays.stream(modules).map(module -> module.packages(root)).toArray(String[]::new);
  }
}
