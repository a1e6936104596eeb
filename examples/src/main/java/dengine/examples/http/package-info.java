/// A service of several nodes behind a load balancer, each of which embeds the engine.
@NullMarked
package dengine.examples.http;

import org.jspecify.annotations.NullMarked;
