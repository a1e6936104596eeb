package dengine.engine.spi;

/// What a node's work runs on: the threads of this machine, or the single one of a simulation.
public interface Execution {

  /// The threads of this machine: turns on virtual threads, work that blocks on platform threads.
  Execution THREADS = new ThreadedExecution();

  /// Runs a task soon, not before this call returns. It is short and waits for nothing.
  void execute(Runnable task);

  /// Makes a worker. It does nothing until [Worker#start].
  ///
  /// @param name of its thread
  Worker worker(String name, Clock clock, Round round);

  /// Runs the end of a node: rounds, each at the time that the one before asked for, until one
  /// returns [Round#DONE]. They close files, so nobody may interrupt them.
  void runLast(String name, Clock clock, Round end);

  /// What a worker does, never twice at a time.
  @FunctionalInterface
  interface Round {

    /// No round is to follow. Only what [Execution#runLast] runs returns it.
    long DONE = Long.MIN_VALUE;

    /// Does all there is to do; may block, must not throw.
    ///
    /// @return the time ([Clock#nanoTime]) of the next round unless [Worker#wake] is called
    ///     earlier; [Long#MAX_VALUE] for none
    long run();
  }

  /// Runs rounds on a thread of its own, which nobody ever interrupts: an interrupt during a write
  /// closes the file.
  interface Worker {

    /// Begins with a first round.
    void start();

    /// Another round follows soon, even if one is running. Any thread, cheap.
    void wake();

    /// One last round follows; returns when it is over. Does nothing if the worker never started.
    void close();
  }
}
