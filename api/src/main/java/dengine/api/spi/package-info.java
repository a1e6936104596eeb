/// What implementations of [dengine.api.Client] share. Not for applications.
@NullMarked
package dengine.api.spi;

import org.jspecify.annotations.NullMarked;
