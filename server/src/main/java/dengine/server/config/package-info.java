/// What a server can be told: settings, where they come from, and what is wrong with them.
@NullMarked
package dengine.server.config;

import org.jspecify.annotations.NullMarked;
