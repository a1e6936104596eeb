package dengine.api;

/// Who leads.
///
/// @param id the leader's number
/// @param address where clients reach it, `host:port`; empty if it takes none (an embedded node)
/// @param term the term it leads
public record Leader(int id, String address, long term) {}
