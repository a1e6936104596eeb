/// Programs that show the use of the interfaces; their tests run them.
@NullMarked
package dengine.examples;

import org.jspecify.annotations.NullMarked;
