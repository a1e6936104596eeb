/// What users program against: clients, events, errors, options. Needs the JDK, nothing else.
@NullMarked
package dengine.api;

import org.jspecify.annotations.NullMarked;
