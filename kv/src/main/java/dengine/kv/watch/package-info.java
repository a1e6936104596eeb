/// What changes in a store, and who is told of it.
@NullMarked
package dengine.kv.watch;

import org.jspecify.annotations.NullMarked;
