package planted.engine;

final class HandlerlessThing {}
