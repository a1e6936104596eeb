package dengine.examples.bank;

import dengine.testkit.conformance.Conformance;
import dengine.testkit.conformance.ConformanceTest;
import dengine.testkit.conformance.StateMachineConformance;
import dengine.testkit.conformance.StateMachineSubject;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/// The bank keeps the rules for state machines.
final class BankConformanceTest extends ConformanceTest {

  @Override
  protected Conformance conformance() {
    return StateMachineConformance.of(new BankSubject());
  }

  /// What the rules need to know of it.
  private record BankSubject() implements StateMachineSubject<Bank> {

    @Override
    public Bank open(Path directory) {
      return new Bank(); // it lives in memory
    }

    @Override
    public byte[] command(RandomGenerator random) {
      return BankCommands.random(random);
    }

    @Override
    public Object digest(Bank bank) {
      return bank.accounts();
    }
  }
}
