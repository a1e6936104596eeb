package planted.engine.util;

final class Sorted {}
