package dengine.testkit.process;

/// What the kernel is made to do with some system calls of a running server.
///
/// @param calls names of system calls, separated by commas
/// @param action in strace's words, such as `error=EIO`, `signal=SIGKILL` or `delay_enter=1s`
/// @param when which calls, counted for each thread from 1: `17` for one, `17+` for it and all
///     later ones
public record SyscallFault(String calls, String action, String when) {

  @Override
  public String toString() {
    return action + " at " + calls + " number " + when;
  }
}
