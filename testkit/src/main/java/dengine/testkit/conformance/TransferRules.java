package dengine.testkit.conformance;

import static dengine.testkit.conformance.SnapshotFileRules.bytes;
import static dengine.testkit.conformance.SnapshotFileRules.open;
import static dengine.testkit.conformance.SnapshotFileRules.point;
import static dengine.testkit.conformance.StorageStory.INCARNATION;
import static dengine.testkit.conformance.StorageStory.NODE;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Receiving;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.StorageSubject.Place;
import java.util.List;

/// Snapshots that come from elsewhere.
final class TransferRules {

  private static final Identity RECEIVER = new Identity(NODE.clusterId(), 2);
  private static final int PIECE = 100_000;
  private static final int STATE = 1_234_567;

  private final StorageSubject subject;

  TransferRules(StorageSubject subject) {
    this.subject = subject;
  }

  List<Check> checks() {
    return List.of(
        new Check("aSnapshotTravels", () -> with(this::aSnapshotTravels)),
        new Check("whatIsReceivedIsNoSnapshotYet", () -> with(this::noSnapshotYet)),
        new Check("anInterruptedTransferGoesOn", () -> with(this::anInterruptedTransferGoesOn)),
        new Check("anotherTransferBeginsAnew", () -> with(this::anotherTransferBeginsAnew)),
        new Check("aDamagedTransferIsRefused", () -> with(this::aDamagedTransferIsRefused)),
        new Check("aSnapshotWithoutRoomIsRefused", () -> with(this::noRoom)));
  }

  /// One node has a snapshot, another one is to get it.
  private record Nodes(SnapshotStore from, Snapshot snapshot, Place receiver) {

    StorageEngine start() {
      StorageEngine engine = receiver.open(RECEIVER);
      if (engine.meta().identity().isEmpty()) {
        engine.meta().establish(RECEIVER, INCARNATION + 1);
      }
      return engine;
    }

    /// Sends pieces up to an offset.
    void send(Receiving receiving, long upTo) {
      try (SnapshotStore.Reading reading = from.open(snapshot.point().position())) {
        while (receiving.received() < upTo) {
          long offset = receiving.received();
          byte[] piece = reading.read(offset, (int) Math.min(PIECE, upTo - offset));
          Rule.holds(piece.length > 0, "there is nothing at " + offset + " of " + snapshot);
          receiving.write(offset, piece);
          Rule.same(offset + piece.length, receiving.received(), "what was received");
        }
      }
    }
  }

  private interface Story {
    void run(Nodes nodes) throws Exception;
  }

  private void with(Story story) throws Exception {
    try (Scratch scratch = new Scratch();
        StorageEngine sender = open(subject.place(scratch.directory()))) {
      Snapshot snapshot = StorageStory.finish(sender.snapshots(), point(50), bytes(STATE));
      story.run(new Nodes(sender.snapshots(), snapshot, subject.place(scratch.directory())));
    }
  }

  private void aSnapshotTravels(Nodes nodes) throws Exception {
    Snapshot snapshot = nodes.snapshot;
    try (StorageEngine engine = nodes.start()) {
      try (Receiving receiving = engine.snapshots().receive(snapshot)) {
        Rule.same(0L, receiving.received(), "what is there in the beginning");
        nodes.send(receiving, snapshot.bytes());
        Snapshot arrived = receiving.finish();
        Rule.same(snapshot.point(), arrived.point(), "the point of the snapshot that arrived");
        Rule.same(snapshot.bytes(), arrived.bytes(), "the length of the snapshot that arrived");
        Rule.same(snapshot.fingerprint(), arrived.fingerprint(), "its fingerprint");
      }
    }
    try (StorageEngine engine = nodes.start()) {
      Snapshot found = engine.snapshots().latest().orElseThrow();
      Rule.same(snapshot.point(), found.point(), "the point of the snapshot that is there");
      Rule.same(bytes(STATE), SnapshotFileRules.state(engine.snapshots(), found), "its contents");
      try (SnapshotStore.Reading here = engine.snapshots().open(found.point().position());
          SnapshotStore.Reading there = nodes.from.open(snapshot.point().position())) {
        int length = (int) snapshot.bytes();
        Rule.same(there.read(0, length), here.read(0, length), "the file that arrived");
      }
    }
  }

  private void noSnapshotYet(Nodes nodes) {
    try (StorageEngine engine = nodes.start();
        Receiving receiving = engine.snapshots().receive(nodes.snapshot)) {
      nodes.send(receiving, nodes.snapshot.bytes());
      Rule.same(List.of(), engine.snapshots().list(), "the list before the end");
    }
    try (StorageEngine engine = nodes.start()) {
      Rule.same(List.of(), engine.snapshots().list(), "the list after a transfer without an end");
    }
  }

  /// The last block, as the engine cuts the file, may be sent again; most of it may not.
  private void anInterruptedTransferGoesOn(Nodes nodes) throws Exception {
    long half = nodes.snapshot.bytes() / 2;
    try (StorageEngine engine = nodes.start();
        Receiving receiving = engine.snapshots().receive(nodes.snapshot)) {
      nodes.send(receiving, half);
    }
    try (StorageEngine engine = nodes.start()) {
      try (Receiving receiving = engine.snapshots().receive(nodes.snapshot)) {
        mostIsThere(half, receiving.received());
        nodes.send(receiving, half + half / 2);
      }
      try (Receiving receiving = engine.snapshots().receive(nodes.snapshot)) {
        mostIsThere(half + half / 2, receiving.received());
        nodes.send(receiving, nodes.snapshot.bytes());
        Snapshot arrived = receiving.finish();
        Rule.same(
            bytes(STATE), SnapshotFileRules.state(engine.snapshots(), arrived), "its contents");
      }
    }
  }

  private static void mostIsThere(long sent, long received) {
    Rule.holds(
        received <= sent && received > sent / 2,
        "of " + sent + " bytes that arrived before an interruption " + received + " are there");
  }

  private void anotherTransferBeginsAnew(Nodes nodes) {
    Snapshot one = nodes.snapshot;
    Snapshot other =
        new Snapshot(one.point(), one.bytes(), one.fingerprint() + 1, one.createdMillis());
    try (StorageEngine engine = nodes.start()) {
      try (Receiving receiving = engine.snapshots().receive(one)) {
        nodes.send(receiving, PIECE);
      }
      try (Receiving receiving = engine.snapshots().receive(other)) {
        Rule.same(0L, receiving.received(), "what is there of a snapshot with other contents");
      }
      try (Receiving receiving = engine.snapshots().receive(one)) {
        Rule.same(0L, receiving.received(), "what is there of one that another replaced");
      }
    }
  }

  private void aDamagedTransferIsRefused(Nodes nodes) throws Exception {
    long length = nodes.snapshot.bytes();
    for (long place : new long[] {0, 7, 40, length / 2, length - 9, length - 1}) {
      try (StorageEngine engine = nodes.start()) {
        try (Receiving receiving = engine.snapshots().receive(nodes.snapshot);
            SnapshotStore.Reading reading = nodes.from.open(nodes.snapshot.point().position())) {
          Rule.same(0L, receiving.received(), "what is left of a transfer that was refused");
          byte[] all = reading.read(0, (int) length);
          all[(int) place] ^= 4;
          StorageException e =
              Rule.refused(
                  "a file with a changed byte at " + place,
                  () -> {
                    receiving.write(0, all);
                    receiving.finish();
                  });
          Rule.holds(e instanceof StorageException.Corrupt, "a changed byte was refused with " + e);
        }
        Rule.same(List.of(), engine.snapshots().list(), "the list after a refused transfer");
      }
    }
  }

  private void noRoom(Nodes nodes) {
    Snapshot one = nodes.snapshot;
    Snapshot huge = new Snapshot(one.point(), 1L << 60, one.fingerprint(), one.createdMillis());
    try (StorageEngine engine = nodes.start()) {
      try (Receiving receiving = engine.snapshots().receive(huge)) {
        throw new AssertionError("room for 2^60 bytes, " + receiving.received() + " there");
      } catch (StorageException.DiskFull e) {
        // As it should be, and what fits is taken.
      }
      try (Receiving receiving = engine.snapshots().receive(one)) {
        nodes.send(receiving, one.bytes());
        receiving.finish();
      }
    }
  }
}
