/// A lock that one of many processes holds, made of compare-and-swap and keys that go by
/// themselves.
@NullMarked
package dengine.examples.lock;

import org.jspecify.annotations.NullMarked;
