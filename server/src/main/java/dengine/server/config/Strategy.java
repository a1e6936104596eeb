package dengine.server.config;

/// When a node may say that it has an entry.
public enum Strategy {

  /// When it is on the disk. Nothing acknowledged is lost by a power cut.
  DISK_FIRST,

  /// When the operating system has it; the disk follows within the flush interval. What is
  /// acknowledged survives the death of every process, not a power cut of a quorum.
  MEM_FIRST
}
