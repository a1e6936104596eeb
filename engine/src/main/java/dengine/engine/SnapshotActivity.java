package dengine.engine;

/// What a node has done with snapshots since it was started.
///
/// @param taken how many were taken
/// @param failed how many attempts to take one failed
/// @param lastBytes length of the last one taken; 0 if there is none
/// @param lastMillis how long it took to write it
/// @param sent transfers to others that arrived
/// @param received transfers from others that arrived
/// @param resumed transfers from others that went on with what was there
/// @param transfersFailed transfers, either way, that ended before all was there
/// @param bytesSent bytes of files sent
/// @param bytesReceived bytes of files received
public record SnapshotActivity(
    long taken,
    long failed,
    long lastBytes,
    long lastMillis,
    long sent,
    long received,
    long resumed,
    long transfersFailed,
    long bytesSent,
    long bytesReceived) {}
