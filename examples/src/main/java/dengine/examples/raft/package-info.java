/// The Raft core alone, without the engine around it.
@NullMarked
package dengine.examples.raft;

import org.jspecify.annotations.NullMarked;
