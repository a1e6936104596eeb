/// A whole cluster inside one JVM, with a network and disks that fail when told.
///
/// ```java
/// try (Cluster cluster = Cluster.of(3).start(directory)) {
///   cluster.call(client -> client.put("k", "v"));
///   cluster.crash(cluster.awaitLeader());
///   cluster.call(client -> client.get("k"));
/// }
/// ```
@NullMarked
package dengine.testkit.cluster;

import org.jspecify.annotations.NullMarked;
