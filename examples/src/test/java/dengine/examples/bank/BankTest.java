package dengine.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.Node;
import dengine.engine.NodeBuilder;
import dengine.engine.spi.MetaStore;
import dengine.raft.Membership;
import dengine.storage.FileStorageEngine;
import dengine.storage.StorageOptions;
import dengine.testkit.simulation.ClusterSimulation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The bank under a node, and under whole simulated clusters.
final class BankTest {

  private static final Logger ENGINE = Logger.getLogger("dengine");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  @BeforeEach
  void hush() {
    ENGINE.setLevel(Level.OFF);
  }

  @AfterEach
  void speak() {
    ENGINE.setLevel(null);
  }

  @Test
  void aNodeServesTheBankAndFindsItAgain() throws Exception {
    MetaStore.Identity identity = new MetaStore.Identity(1, 1);
    try (Node node = start(identity, new Bank())) {
      node.waitReady(PATIENCE);
      Object deposited = node.propose(new BankCommand.Deposit("ann", 100).encode(), PATIENCE);
      Object refused = node.propose(new BankCommand.Transfer("bob", "ann", 1).encode(), PATIENCE);
      assertThat(deposited).isEqualTo(new Outcome.Done(100));
      assertThat(refused).isEqualTo(new Outcome.Refused("bob has 0"));
      var _ = node.snapshot().get();
      Object moved = node.propose(new BankCommand.Transfer("ann", "bob", 30).encode(), PATIENCE);
      assertThat(moved).isEqualTo(new Outcome.Done(30));
    }

    Bank bank = new Bank();
    try (Node node = start(identity, bank)) {
      node.waitReady(PATIENCE);
      node.awaitReadable(PATIENCE);

      assertThat(bank.balance("ann")).isEqualTo(70);
    }
  }

  private Node start(MetaStore.Identity identity, Bank bank) {
    return new NodeBuilder(identity, Membership.of(1))
        .storage(FileStorageEngine.open(folder.resolve("data"), identity, StorageOptions.DEFAULT))
        .stateMachine(bank)
        .start();
  }

  @Test
  void theBankStaysRightUnderEveryFault() {
    var report =
        ClusterSimulation.of(Bank::new)
            .commands(BankCommands::random)
            .digest(bank -> bank.accounts().hashCode())
            .run(20);

    assertThat(report.elections()).isGreaterThan(20);
  }
}
