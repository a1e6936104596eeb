/// Feeds decoders with bytes that nobody in his right mind would send.
@NullMarked
package dengine.fuzz;

import org.jspecify.annotations.NullMarked;
