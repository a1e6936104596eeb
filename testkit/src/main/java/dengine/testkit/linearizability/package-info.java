/// Histories of client operations and the checkers that judge them.
///
/// A [History] records what clients asked and were told, and when. [LinearizabilityChecker]
/// searches, key by key, for an order that explains it. [RevisionOrderChecker] uses the revisions
/// in the answers: there is only one order left, and every answer must agree with it.
@NullMarked
package dengine.testkit.linearizability;

import org.jspecify.annotations.NullMarked;
