package planted.cli;

final class Command {
  void end() {
    System.err.println("bye");
    System.exit(1);
  }
}
