package planted.kv;

import planted.raft.Pure;

final class CoreUser {
  long use(Pure core) {
    return core.period(1).toMillis();
  }
}
