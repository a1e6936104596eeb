/// What of this machine matters to a node, measured.
@NullMarked
package dengine.cli.doctor;

import org.jspecify.annotations.NullMarked;
