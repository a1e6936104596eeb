package planted.engine;

public class Extended {}
