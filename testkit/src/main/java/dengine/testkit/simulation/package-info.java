/// A whole cluster in one thread: the real engine (algorithm, log, recovery, applying, store,
/// client) on simulated clocks, disks, network and threads, everything drawn from one seed.
@NullMarked
package dengine.testkit.simulation;

import org.jspecify.annotations.NullMarked;
