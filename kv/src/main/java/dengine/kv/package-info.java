/// The key-value state machine: revisions, time to live, watch.
@NullMarked
package dengine.kv;

import org.jspecify.annotations.NullMarked;
