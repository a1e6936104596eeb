package dengine.archtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Every rule is shown a mistake made for it: a rule that finds nothing there would guard nothing.
class PlantedTest {
  private static final String ROOT = "planted";
  private static final JavaClasses PLANTED = new ClassFileImporter().importPackages(ROOT);

  @Test
  void aStateMachineThatReachesIntoTheCoreIsFound() {
    assertThat(violations(Rules.usesOnlyWhatIsBelowIt(ROOT, Module.KV)))
        .anyMatch(line -> line.contains("planted.kv.CoreUser"));
  }

  @Test
  void anArrowAgainstTheDirectionIsFound() {
    assertThat(violations(Rules.usesOnlyWhatIsBelowIt(ROOT, Module.API)))
        .anyMatch(line -> line.contains("planted.api.Upward"));
  }

  @Test
  void aCoreThatReadsTheClockIsFound() {
    assertThat(violations(Rules.theCoreTouchesNothingOutside(ROOT)))
        .anyMatch(line -> line.contains("nanoTime"))
        .anyMatch(line -> line.contains("currentTimeMillis"))
        .anyMatch(line -> line.contains("Math.random"))
        .anyMatch(line -> line.contains("java.util.Random"))
        .anyMatch(line -> line.contains("java.time.Instant"))
        .anyMatch(line -> line.contains("java.lang.Thread"))
        .anyMatch(line -> line.contains("java.io.File"))
        .anyMatch(line -> line.contains("java.nio.file.Path"))
        .anyMatch(line -> line.contains("java.net.URI"))
        .anyMatch(line -> line.contains("java.util.concurrent.locks.ReentrantLock"))
        .noneMatch(line -> line.contains("planted.raft.Pure"));
  }

  @Test
  void aCoreThatIteratesOverAHashedCollectionIsFound() {
    assertThat(violations(Rules.theCoreHasNoHiddenOrder(ROOT)))
        .anyMatch(line -> line.contains("java.util.HashMap"))
        .anyMatch(line -> line.contains("java.util.Set.of"))
        .noneMatch(line -> line.contains("planted.raft.Pure"));
  }

  @Test
  void aLibraryBeyondTheJdkIsFound() {
    assertThat(violations(Rules.theseModulesNeedOnlyTheJdk(ROOT, Module.RAFT, Module.API)))
        .anyMatch(line -> line.contains("planted.api.Upward"))
        .noneMatch(line -> line.contains("planted.raft.Pure"));
  }

  @Test
  void anEngineThatLoadsWhatNeedsMicrometerIsFound() {
    assertThat(violations(Rules.micrometerIsOptional(ROOT)))
        .anyMatch(line -> line.contains("planted.embedded.Measured"))
        .noneMatch(line -> line.startsWith("Class <planted.embedded.EngineMetrics>"))
        .noneMatch(line -> line.contains("in (EngineMetrics.java"));
  }

  @Test
  void aCycleBetweenPackagesIsFound() {
    assertThat(violations(Rules.packagesHaveNoCycles(ROOT)))
        .anyMatch(text -> text.contains("engine.here") && text.contains("engine.there"));
  }

  @Test
  void anEmptyWordForANameIsFound() {
    assertThat(violations(Rules.namesSayWhatThingsAre(ROOT)))
        .anyMatch(line -> line.contains("planted.engine.TimeoutManager"))
        .anyMatch(line -> line.contains("planted.engine.util.Sorted"))
        .noneMatch(line -> line.contains("planted.engine.HandlerlessThing"));
  }

  @Test
  void aNodeThatEndsTheJvmIsFoundAndTheCommandMay() {
    assertThat(violations(Rules.onlyTheCommandEndsTheJvm(ROOT)))
        .anyMatch(line -> line.contains("planted.engine.Loud"))
        .noneMatch(line -> line.contains("planted.testkit.PlantedMain"))
        .noneMatch(line -> line.contains("planted.cli.Command"));
  }

  @Test
  void aLibraryThatPrintsIsFoundAndTheCommandMay() {
    assertThat(violations(Rules.librariesWriteToNoConsole(ROOT)))
        .anyMatch(line -> line.contains("planted.engine.Loud"))
        .anyMatch(line -> line.contains("printStackTrace"))
        .noneMatch(line -> line.contains("planted.cli.Command"));
  }

  @Test
  void aClassLeftOpenIsFoundAndOneThatIsExtendedIsNot() {
    assertThat(violations(Rules.classesAreFinal(ROOT)))
        .anyMatch(line -> line.contains("planted.engine.LeftOpen "))
        .noneMatch(line -> line.contains("planted.engine.Extended "))
        .noneMatch(line -> line.contains("planted.raft.Pure "));
  }

  @Test
  void aPackageThatIsNotNullMarkedIsFound() {
    assertThat(violations(Rules.everyPackageIsNullMarked(ROOT)))
        .anyMatch(line -> line.contains("planted.engine.util.Sorted"))
        .noneMatch(line -> line.contains("planted.raft.Pure"));
  }

  @Test
  void aTestThatSleepsIsFound() {
    assertThat(violations(Rules.testsWaitForEventsInsteadOfSleeping(ROOT)))
        .anyMatch(line -> line.contains("planted.engine.Loud"));
  }

  private static List<String> violations(ArchRule rule) {
    EvaluationResult result = rule.evaluate(PLANTED);
    return result.getFailureReport().getDetails();
  }
}
