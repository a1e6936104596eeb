package dengine.examples.bank;

/// What became of a [BankCommand].
public sealed interface Outcome {

  /// It was done.
  ///
  /// @param balance of the account that got the money
  record Done(long balance) implements Outcome {}

  /// Nothing was changed.
  record Refused(String why) implements Outcome {}
}
