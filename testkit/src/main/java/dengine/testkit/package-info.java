/// Simulator, in-process cluster, JUnit extension, conformance suites and history checkers.
@NullMarked
package dengine.testkit;

import org.jspecify.annotations.NullMarked;
