package dengine.testkit.conformance;

import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.Conformance.LeftOut;
import dengine.testkit.conformance.StorageSubject.Ability;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What the engine takes for granted of a storage engine ([dengine.engine.spi.StorageEngine] and
/// its parts say it in words):
///
/// - log: what was appended is read as it was, truncated, reset and compacted, and found again; a
///   kill takes nothing back that was appended, a power cut nothing that was forced, and of the
///   rest a prefix stays
/// - identity: given once, found again, and nobody else's data is served
/// - snapshots: none before it is finished, all of it afterwards; one that travels goes on where it
///   was interrupted, and is refused if it is not what was offered
/// - damage is refused and never served; a failure is final
///
/// What needs an ability that the subject has not is left out, and listed.
public final class StorageEngineConformance {

  private StorageEngineConformance() {}

  /// The checks of this engine.
  public static Conformance of(StorageSubject subject) {
    CrashRules crashes = new CrashRules(subject);
    DamageRules damages = new DamageRules(subject);
    Map<Ability, List<Check>> byAbility =
        Map.of(
            Ability.KILL, crashes.afterKill(),
            Ability.POWER_CUT, crashes.afterPowerCut(),
            Ability.DAMAGE, damages.afterDamage(),
            Ability.FAILURE, damages.afterFailure());
    List<Check> checks = new ArrayList<>(new LogRules(subject).checks());
    checks.addAll(new IdentityRules(subject).checks());
    checks.addAll(new SnapshotFileRules(subject).checks());
    checks.addAll(new TransferRules(subject).checks());
    List<LeftOut> leftOut = new ArrayList<>();
    for (Ability ability : Ability.values()) {
      List<Check> some = byAbility.getOrDefault(ability, List.of());
      if (subject.abilities().contains(ability)) {
        checks.addAll(some);
      } else {
        some.forEach(
            check -> leftOut.add(new LeftOut(check.rule(), "its places cannot do " + ability)));
      }
    }
    return new Conformance(checks, leftOut);
  }
}
