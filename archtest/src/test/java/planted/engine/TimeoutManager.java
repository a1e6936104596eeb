package planted.engine;

final class TimeoutManager {}
