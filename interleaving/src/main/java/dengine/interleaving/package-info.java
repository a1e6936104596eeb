/// Threads and event loops for model checks.
@NullMarked
package dengine.interleaving;

import org.jspecify.annotations.NullMarked;
