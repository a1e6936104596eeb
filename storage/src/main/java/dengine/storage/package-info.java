/// The log and the identity of a node, kept in files of one directory. [FileStorageEngine] is the
/// way in; [Disk] is everything this package asks of an operating system.
@NullMarked
package dengine.storage;

import org.jspecify.annotations.NullMarked;
