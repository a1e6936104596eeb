package dengine.archtest;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.ref.Cleaner;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.Timer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;

/// Every rule takes the root package it is applied below: `dengine` for the product, a planted one
/// for the test that sees the rule fail.
final class Rules {
  private static final String[] JDK_AND_ANNOTATIONS = {"java..", "org.jspecify.."};

  private Rules() {}

  /// `raft ← engine ← {storage, kv, grpc} ← embedded ← server ← cli`, and so on.
  static ArchRule usesOnlyWhatIsBelowIt(String root, Module module) {
    return noClasses()
        .that()
        .resideInAPackage(module.packages(root))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(module.forbidden(root))
        .because("arrows between modules go one way");
  }

  /// The algorithm has no clock, thread, disk, socket or random source of its own, so that one seed
  /// decides a whole run.
  static ArchRule theCoreTouchesNothingOutside(String root) {
    return noClasses()
        .that()
        .resideInAPackage(Module.RAFT.packages(root))
        .should()
        .dependOnClassesThat(
            // What is beside files and channels in java.nio, buffers and charsets, is only memory.
            resideInAnyPackage(
                    "java.io..",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "java.net..",
                    "java.util.concurrent..")
                .or(belongToAnyOf(Thread.class, ThreadLocal.class, Cleaner.class, Timer.class))
                .or(belongToAnyOf(Random.class, Clock.class, Instant.class)))
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "identityHashCode", Object.class)
        .orShould()
        .callMethod(Math.class, "random")
        .because("the same events and the same seed must give the same effects");
  }

  /// The order of these differs between two JVMs; `TreeMap`, `TreeSet` and lists have one.
  static ArchRule theCoreHasNoHiddenOrder(String root) {
    return noClasses()
        .that()
        .resideInAPackage(Module.RAFT.packages(root))
        .should()
        .dependOnClassesThat(
            belongToAnyOf(HashMap.class, HashSet.class, IdentityHashMap.class)
                .as("are unordered collections"))
        .orShould()
        .callMethodWhere(calls(Map.class, "of", "ofEntries", "copyOf"))
        .orShould()
        .callMethodWhere(calls(Set.class, "of", "copyOf"))
        .because("iteration over unordered collections would differ from run to run");
  }

  /// A user of the API, and a reader of the core, meets the JDK and nothing else. A few classes are
  /// for applications that have Micrometer anyway; nothing else needs them: see
  /// [#micrometerIsOptional].
  static ArchRule theseModulesNeedOnlyTheJdk(String root, Module... modules) {
    return classes()
        .that()
        .resideInAnyPackage(Module.packages(root, modules))
        .and()
        .doNotHaveFullyQualifiedName(root + ".embedded.EngineMetrics")
        .and()
        .doNotHaveFullyQualifiedName(root + ".embedded.Meters")
        .and()
        .doNotHaveFullyQualifiedName(root + ".embedded.PeerLags")
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(JDK_AND_ANNOTATIONS).or(resideInAnyPackage(root + "..")))
        .because("these modules have no dependency beyond the JDK");
  }

  /// An application without Micrometer never gets to load what needs it: only its own code names
  /// `EngineMetrics`, and only that names the rest.
  static ArchRule micrometerIsOptional(String root) {
    String metered = root.replace(".", "\\.") + "\\.embedded\\.(EngineMetrics|PeerLags|\\w*Meters)";
    return noClasses()
        .that()
        .resideInAPackage(Module.EMBEDDED.packages(root))
        .and()
        .haveNameNotMatching(metered)
        .should()
        .dependOnClassesThat()
        .haveNameMatching(metered)
        .because("an application without Micrometer must start");
  }

  static ArchRule packagesHaveNoCycles(String root) {
    return slices()
        .matching(root + ".(**)")
        .that(
            DescribedPredicate.describe(
                "are not generated",
                slice -> slice.stream().allMatch(resideOutsideOfPackage(root + ".proto.."))))
        .should()
        .beFreeOfCycles();
  }

  /// A name such as `FooManager` says only that nobody knew where the code belongs.
  static ArchRule namesSayWhatThingsAre(String root) {
    var types = Pattern.compile(".*(?:Util|Common|Impl|Manager|Helper|Handler)s?");
    var packages = Pattern.compile("(?:util|common|impl|manager|helper|handler)s?");
    return noClasses()
        .that()
        .resideInAPackage(root + "..")
        .and()
        .resideOutsideOfPackage(Module.PROTO.packages(root))
        .should(
            condition(
                "have an empty word for a name",
                type ->
                    types.matcher(type.getSimpleName()).matches()
                        || Arrays.stream(type.getPackageName().split("\\."))
                            .anyMatch(part -> packages.matcher(part).matches())));
  }

  /// A node in the JVM of an application must never end it; a program of our own, `…Main`, may.
  static ArchRule onlyTheCommandEndsTheJvm(String root) {
    return noClasses()
        .that()
        .resideInAPackage(root + "..")
        .and()
        .resideOutsideOfPackages(Module.packages(root, Module.CLI, Module.BENCH, Module.EXAMPLES))
        .and()
        .haveSimpleNameNotEndingWith("Main")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("a failed node reports through its lifecycle");
  }

  static ArchRule librariesWriteToNoConsole(String root) {
    return noClasses()
        .that()
        .resideInAPackage(root + "..")
        .and()
        .resideOutsideOfPackages(
            Module.packages(root, Module.CLI, Module.BENCH, Module.EXAMPLES, Module.TESTKIT))
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethodWhere(calls(Throwable.class, "printStackTrace"))
        .because("the console belongs to the application");
  }

  /// A class is open for extension on purpose (abstract, or extended here) or not at all.
  static ArchRule classesAreFinal(String root) {
    return noClasses()
        .that()
        .resideInAPackage(root + "..")
        .and()
        .resideOutsideOfPackages(Module.packages(root, Module.PROTO, Module.BENCH))
        .and()
        .areNotInterfaces()
        .and()
        .areNotEnums()
        .and()
        .areNotAnonymousClasses()
        .should(
            condition(
                "be open for extension without being extended",
                type ->
                    !type.getModifiers().contains(JavaModifier.FINAL)
                        && !type.getModifiers().contains(JavaModifier.ABSTRACT)
                        && !type.getModifiers().contains(JavaModifier.SYNTHETIC)
                        && type.getSubclasses().isEmpty()));
  }

  static ArchRule everyPackageIsNullMarked(String root) {
    return classes()
        .that()
        .resideInAPackage(root + "..")
        .and()
        .resideOutsideOfPackage(Module.PROTO.packages(root))
        .should(
            condition(
                "live in a package whose package-info says @NullMarked",
                type -> type.getPackage().isAnnotatedWith(NullMarked.class)));
  }

  /// Applied to test classes: a sleeping test is slow when it is right and wrong when it is slow.
  static ArchRule testsWaitForEventsInsteadOfSleeping(String root) {
    return noClasses()
        .that()
        .resideInAPackage(root + "..")
        .should()
        .callMethodWhere(calls(Thread.class, "sleep"))
        .because("time is an event: wait for what should happen, with a deadline");
  }

  /// Also finds calls through a subclass, which is what the compiler writes for `cause.print…`.
  private static DescribedPredicate<JavaMethodCall> calls(Class<?> owner, String... names) {
    return DescribedPredicate.describe(
        owner.getSimpleName() + "." + String.join("|", names),
        call ->
            call.getTargetOwner().isAssignableTo(owner) && List.of(names).contains(call.getName()));
  }

  private static ArchCondition<JavaClass> condition(
      String description, Predicate<JavaClass> holds) {
    return new ArchCondition<>(description) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        var holdsForType = holds.test(type);
        events.add(
            new SimpleConditionEvent(
                type,
                holdsForType,
                type.getName() + (holdsForType ? " does " : " does not ") + description));
      }
    };
  }
}
