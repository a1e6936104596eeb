package dengine.raft;

/// Whatever the host hands in with a proposal or a read and gets back, untouched, with the answer.
/// Each ticket is answered: a proposal by [Effect.Accept] or [Effect.Refuse], a read by
/// [Effect.ServeReads] or [Effect.Refuse].
public interface Ticket {}
