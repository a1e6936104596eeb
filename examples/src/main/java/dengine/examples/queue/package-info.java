/// A queue broker that embeds the engine: its messages survive any minority of its nodes.
@NullMarked
package dengine.examples.queue;

import org.jspecify.annotations.NullMarked;
