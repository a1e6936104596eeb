package planted.engine;

final class Loud {
  void fail(InterruptedException cause) throws InterruptedException {
    System.out.println("failed");
    cause.printStackTrace();
    Thread.sleep(1);
    System.exit(1);
  }
}
