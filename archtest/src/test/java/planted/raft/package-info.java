/// Planted mistakes: what the core must not do.
@NullMarked
package planted.raft;

import org.jspecify.annotations.NullMarked;
