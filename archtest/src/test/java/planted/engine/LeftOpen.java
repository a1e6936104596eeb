package planted.engine;

class LeftOpen {}
