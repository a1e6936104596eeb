package dengine.grpc;

import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.Page;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.proto.v1.GetManyResult;
import dengine.proto.v1.GetResult;
import dengine.proto.v1.LeaderResult;
import dengine.proto.v1.MembersResult;
import dengine.proto.v1.Record;
import dengine.proto.v1.Reply;
import dengine.proto.v1.ScanResult;
import dengine.proto.v1.SwapResult;
import java.util.List;
import java.util.Optional;

/// Writes results as replies of the session stream.
final class Replies {

  private Replies() {}

  static void revision(Reply.Builder reply, Long revision) {
    reply.setRevision(revision);
  }

  static void swap(Reply.Builder reply, Swap swap) {
    reply.setSwap(
        SwapResult.newBuilder().setSucceeded(swap.succeeded()).setRevision(swap.revision()));
  }

  static void get(Reply.Builder reply, Optional<KeyValue> found) {
    GetResult.Builder result = GetResult.newBuilder();
    found.ifPresent(record -> result.setRecord(withoutKey(record)));
    reply.setGet(result);
  }

  static void getMany(Reply.Builder reply, Values values) {
    GetManyResult.Builder result = GetManyResult.newBuilder().setRevision(values.revision());
    for (Optional<KeyValue> value : values.values()) {
      GetManyResult.Slot.Builder slot = GetManyResult.Slot.newBuilder();
      value.ifPresent(record -> slot.setRecord(withoutKey(record)));
      result.addSlots(slot);
    }
    reply.setGetMany(result);
  }

  static void scan(Reply.Builder reply, Page page) {
    ScanResult.Builder result = ScanResult.newBuilder().setRevision(page.revision());
    for (KeyValue record : page.entries()) {
      result.addRecords(withoutKey(record).setKey(Reads.wire(record.key())));
    }
    page.next().ifPresent(next -> result.setNext(Reads.wire(next)));
    reply.setScan(result);
  }

  static void members(Reply.Builder reply, List<Member> members) {
    MembersResult.Builder result = MembersResult.newBuilder();
    for (Member member : members) {
      result.addMembers(
          MembersResult.Member.newBuilder()
              .setId(member.id())
              .setAddress(member.address())
              .setRole(ClusterService.role(member.role()).getNumber()));
    }
    reply.setMembers(result);
  }

  static void leader(Reply.Builder reply, Optional<Leader> leader) {
    LeaderResult.Builder result = LeaderResult.newBuilder();
    leader.ifPresent(
        known -> result.setId(known.id()).setAddress(known.address()).setTerm(known.term()));
    reply.setLeader(result);
  }

  private static Record.Builder withoutKey(KeyValue record) {
    return Record.newBuilder()
        .setValue(Reads.wire(record.value()))
        .setCreateRevision(record.createRevision())
        .setModRevision(record.modRevision())
        .setVersion(record.version());
  }
}
