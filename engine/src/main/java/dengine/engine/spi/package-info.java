/// What a storage engine, a transport or a state machine has to provide to run under a node.
@NullMarked
package dengine.engine.spi;

import org.jspecify.annotations.NullMarked;
