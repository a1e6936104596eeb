package dengine.archtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The rules applied to what is built. A rule that finds no class to judge fails as well.
class ProductTest {
  private static final String ROOT = "dengine";

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("/archtest/"))
          .importPackages(ROOT);

  // package-info is no type of its own: it would make a rule about an empty module pass.
  private static final JavaClasses PRODUCT =
      ALL.that(
          DescribedPredicate.describe(
              "are types", type -> !type.getSimpleName().equals("package-info")));

  @ParameterizedTest
  @EnumSource
  void everyModuleHasTypesToJudge(Module module) {
    var prefix = module.packages(ROOT).replace("..", "");

    assertThat(PRODUCT.stream().filter(type -> type.getPackageName().startsWith(prefix)).count())
        .as("types in %s", prefix)
        .isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void aModuleUsesOnlyWhatIsBelowIt(Module module) {
    Rules.usesOnlyWhatIsBelowIt(ROOT, module).check(PRODUCT);
  }

  @Test
  void theCoreTouchesNothingOutside() {
    Rules.theCoreTouchesNothingOutside(ROOT).check(PRODUCT);
  }

  @Test
  void theCoreHasNoHiddenOrder() {
    Rules.theCoreHasNoHiddenOrder(ROOT).check(PRODUCT);
  }

  @Test
  void raftApiEngineStorageAndKvNeedOnlyTheJdk() {
    Rules.theseModulesNeedOnlyTheJdk(
            ROOT,
            Module.RAFT,
            Module.API,
            Module.ENGINE,
            Module.STORAGE,
            Module.KV,
            Module.EMBEDDED)
        .check(PRODUCT);
  }

  @Test
  void micrometerIsOptional() {
    Rules.micrometerIsOptional(ROOT).check(PRODUCT);
  }

  @Test
  void packagesHaveNoCycles() {
    Rules.packagesHaveNoCycles(ROOT).check(PRODUCT);
  }

  @Test
  void namesSayWhatThingsAre() {
    Rules.namesSayWhatThingsAre(ROOT).check(PRODUCT);
  }

  @Test
  void onlyTheCommandEndsTheJvm() {
    Rules.onlyTheCommandEndsTheJvm(ROOT).check(PRODUCT);
  }

  @Test
  void librariesWriteToNoConsole() {
    Rules.librariesWriteToNoConsole(ROOT).check(PRODUCT);
  }

  @Test
  void classesAreFinal() {
    Rules.classesAreFinal(ROOT).check(PRODUCT);
  }

  @Test
  void everyPackageIsNullMarked() {
    Rules.everyPackageIsNullMarked(ROOT).check(ALL);
  }

  @Test
  void testsWaitForEventsInsteadOfSleeping() throws IOException {
    // Test classes are on nobody's class path but their own: they are read where they were built.
    try (var folders = Files.list(Path.of(".."))) {
      var testClasses =
          folders
              .map(folder -> folder.resolve("target/test-classes"))
              .filter(folder -> Files.isDirectory(folder.resolve(ROOT)))
              .filter(folder -> !folder.startsWith("../archtest"))
              .toList();

      Rules.testsWaitForEventsInsteadOfSleeping(ROOT)
          .check(new ClassFileImporter().importPaths(testClasses));
    }
  }
}
