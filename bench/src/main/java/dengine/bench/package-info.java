/// Benchmarks.
@NullMarked
package dengine.bench;

import org.jspecify.annotations.NullMarked;
