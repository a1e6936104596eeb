package dengine.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

/// Everything a command touches outside itself, so that tests can put something else there.
///
/// @param in standard input
/// @param out standard output: results only
/// @param err standard error: messages
/// @param environment the process's variables
/// @param connector how clusters are reached
record Surroundings(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Connector connector) {}
