/// The Raft algorithm as a deterministic state machine: events in, effects out. Needs java.base,
/// nothing else.
@NullMarked
package dengine.raft;

import org.jspecify.annotations.NullMarked;
