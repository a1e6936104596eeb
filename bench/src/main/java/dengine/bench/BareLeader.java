package dengine.bench;

import dengine.api.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The leader's loop of the bare data path, on a virtual thread: take what waits, encode it
/// once, hand it to the log thread and to the followers, complete what a majority has. No
/// terms, no elections, no limits: what is left when everything is taken away that makes it
/// correct.
final class BareLeader implements AutoCloseable {

  private static final int DEPTH = 4;
  private static final int MAX_BATCH_BYTES = 1 << 20;

  private record Batch(long sequence, List<BareRequest> writes, ByteBuffer frame) {}

  private final BareLog log;
  private final List<SocketChannel> followers;
  private final Map<Bytes, byte[]> map = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<BareRequest> writes = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<BareRequest> reads = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Batch> toLog = new ConcurrentLinkedQueue<>();
  private final Thread loop;
  private final Thread logThread;
  private final long[] acknowledged;
  private volatile long durable;
  private volatile boolean asleep;
  private volatile boolean logAsleep;
  private volatile boolean closed;

  // Owned by the loop.
  private final ArrayDeque<Batch> uncommitted = new ArrayDeque<>();
  private final ArrayDeque<Batch> unreleased = new ArrayDeque<>();
  private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
  private final ByteBuffer roundFrame = ByteBuffer.allocateDirect(BareFrame.HEADER_BYTES);
  private List<BareRequest> round = List.of();
  private long roundSequence;
  private long sequence;

  BareLeader(BareLog log, List<SocketChannel> followers) {
    this.log = log;
    this.followers = followers;
    this.acknowledged = new long[followers.size()];
    this.loop = Thread.ofVirtual().unstarted(this::loop);
    this.logThread = Thread.ofPlatform().daemon().unstarted(this::logLoop);
  }

  void start() {
    loop.start();
    logThread.start();
    for (int i = 0; i < followers.size(); i++) {
      int number = i;
      Thread.startVirtualThread(() -> readAcknowledgements(number));
    }
  }

  byte @Nullable [] get(Bytes key) {
    return map.get(key);
  }

  void write(BareRequest request) {
    writes.add(request);
    wake();
  }

  /// Completes when a follower has answered a question that was asked after this call.
  void read(BareRequest request) {
    reads.add(request);
    wake();
  }

  @Override
  public void close() {
    closed = true;
    wake();
    LockSupport.unpark(logThread);
  }

  private void wake() {
    if (asleep) {
      LockSupport.unpark(loop);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // lets the callers in, so that batches grow
  private void loop() {
    boolean yielded = false;
    try {
      while (!closed) {
        boolean progress = complete();
        progress = sendWrites() || progress;
        progress = sendRound() || progress;
        if (progress) {
          yielded = false;
        } else if (!yielded) {
          yielded = true;
          Thread.yield();
        } else {
          asleep = true;
          if (!complete() && !sendWrites() && !sendRound()) {
            LockSupport.park(this);
          }
          asleep = false;
        }
      }
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private boolean sendWrites() throws IOException {
    if (unreleased.size() >= DEPTH || writes.isEmpty()) {
      return false;
    }
    List<BareRequest> batch = new ArrayList<>();
    int bytes = 0;
    while (bytes < MAX_BATCH_BYTES) {
      BareRequest next = writes.poll();
      if (next == null) {
        break;
      }
      bytes += BareFrame.size(next);
      batch.add(next);
    }
    ByteBuffer frame = free.poll();
    if (frame == null) {
      frame = ByteBuffer.allocateDirect(MAX_BATCH_BYTES + (1 << 16));
    }
    BareFrame.encode(++sequence, batch, frame);
    Batch sent = new Batch(sequence, batch, frame);
    uncommitted.add(sent);
    unreleased.add(sent);
    toLog.add(sent);
    if (logAsleep) {
      LockSupport.unpark(logThread);
    }
    send(frame);
    return true;
  }

  private boolean sendRound() throws IOException {
    if (!round.isEmpty() || reads.isEmpty()) {
      return false;
    }
    round = new ArrayList<>();
    for (BareRequest next = reads.poll(); next != null; next = reads.poll()) {
      round.add(next);
    }
    roundSequence = ++sequence;
    BareFrame.encode(roundSequence, List.of(), roundFrame);
    send(roundFrame);
    return true;
  }

  private void send(ByteBuffer frame) throws IOException {
    for (SocketChannel follower : followers) {
      ByteBuffer out = frame.duplicate();
      while (out.hasRemaining()) {
        follower.write(out);
      }
    }
  }

  private boolean complete() {
    long committed = committed();
    boolean progress = false;
    while (!uncommitted.isEmpty() && uncommitted.peek().sequence <= committed) {
      Batch batch = uncommitted.remove();
      for (BareRequest write : batch.writes) {
        map.put(write.key, write.value.toByteArray());
      }
      batch.writes.forEach(BareRequest::complete);
      progress = true;
    }
    while (!unreleased.isEmpty() && unreleased.peek().sequence <= Math.min(durable, committed)) {
      free.add(unreleased.remove().frame);
      progress = true;
    }
    if (!round.isEmpty() && roundSequence <= newestAcknowledgement()) {
      List<BareRequest> served = round;
      round = List.of();
      served.forEach(BareRequest::complete);
      progress = true;
    }
    return progress;
  }

  /// What a majority has, this node included.
  private long committed() {
    if (followers.isEmpty()) {
      return durable;
    }
    long[] all;
    synchronized (acknowledged) {
      all = Arrays.copyOf(acknowledged, acknowledged.length + 1);
    }
    all[all.length - 1] = durable;
    Arrays.sort(all);
    return all[all.length / 2];
  }

  private long newestAcknowledgement() {
    synchronized (acknowledged) {
      return Arrays.stream(acknowledged).max().orElse(roundSequence);
    }
  }

  private void logLoop() {
    List<ByteBuffer> buffers = new ArrayList<>();
    try {
      while (!closed) {
        long last = 0;
        for (Batch next = toLog.poll(); next != null; next = toLog.poll()) {
          buffers.add(next.frame.duplicate());
          last = next.sequence;
        }
        if (buffers.isEmpty()) {
          logAsleep = true;
          if (toLog.isEmpty()) {
            LockSupport.park(this);
          }
          logAsleep = false;
        } else {
          log.append(buffers);
          buffers.clear();
          durable = last;
          wake();
        }
      }
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private void readAcknowledgements(int number) {
    ByteBuffer in = ByteBuffer.allocateDirect(Long.BYTES * 64);
    try {
      while (followers.get(number).read(in) >= 0) {
        int whole = in.position() / Long.BYTES * Long.BYTES;
        if (whole > 0) {
          long last = in.getLong(whole - Long.BYTES);
          synchronized (acknowledged) {
            acknowledged[number] = last;
          }
          in.flip().position(whole);
          in.compact();
          wake();
        }
      }
    } catch (IOException failure) {
      if (!closed) {
        throw new IllegalStateException(failure);
      }
    }
  }
}
