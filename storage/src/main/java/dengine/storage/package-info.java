/// Segmented log, vote records and snapshot files on a disk.
@NullMarked
package dengine.storage;

import org.jspecify.annotations.NullMarked;
