/// What every state machine and every storage engine must do, as checks that anybody can run on
/// his own.
///
/// [dengine.testkit.conformance.StateMachineConformance] and
/// [dengine.testkit.conformance.StorageEngineConformance] make a
/// [dengine.testkit.conformance.Conformance] of what is described by a
/// [dengine.testkit.conformance.StateMachineSubject] or a
/// [dengine.testkit.conformance.StorageSubject]. It needs no test framework; with JUnit,
/// [dengine.testkit.conformance.ConformanceTest] shows one test per rule.
@NullMarked
package dengine.testkit.conformance;

import org.jspecify.annotations.NullMarked;
