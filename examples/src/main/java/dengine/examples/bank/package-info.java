/// A state machine of one's own, with snapshots.
@NullMarked
package dengine.examples.bank;

import org.jspecify.annotations.NullMarked;
