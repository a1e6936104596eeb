/// Services that say where they are, and programs that know at any time where the living ones are.
@NullMarked
package dengine.examples.discovery;

import org.jspecify.annotations.NullMarked;
