package planted.engine;

final class Extending extends Extended {}
