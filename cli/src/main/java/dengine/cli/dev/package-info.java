/// The cluster that developers run on their own machine.
@NullMarked
package dengine.cli.dev;

import org.jspecify.annotations.NullMarked;
