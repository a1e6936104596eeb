/// The dengine command: server, development cluster, key-value and administration commands.
@NullMarked
package dengine.cli;

import org.jspecify.annotations.NullMarked;
