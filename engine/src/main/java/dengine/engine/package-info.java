/// The node: event loop, timers, applying, snapshots, and the interfaces that storage, transport
/// and state machines implement.
@NullMarked
package dengine.engine;

import org.jspecify.annotations.NullMarked;
