/// A storage engine of one's own: one file for log and identity, one file per snapshot.
@NullMarked
package dengine.examples.storage;

import org.jspecify.annotations.NullMarked;
