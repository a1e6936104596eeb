package dengine.examples.bank;

import java.util.random.RandomGenerator;

/// What users ask for, sensible or not.
final class BankCommands {

  private BankCommands() {}

  static byte[] random(RandomGenerator random) {
    String from = "account-" + random.nextInt(30);
    String to = "account-" + random.nextInt(30);
    return switch (random.nextInt(5)) {
      case 0, 1 -> new BankCommand.Deposit(to, random.nextInt(1000)).encode();
      case 2 -> new byte[random.nextInt(4)];
      default -> new BankCommand.Transfer(from, to, random.nextInt(300)).encode();
    };
  }
}
