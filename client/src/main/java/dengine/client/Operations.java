package dengine.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.common.NodeRole;
import dengine.proto.v1.Command;
import dengine.proto.v1.CompareAndSwap;
import dengine.proto.v1.Delete;
import dengine.proto.v1.FindLeader;
import dengine.proto.v1.Get;
import dengine.proto.v1.GetMany;
import dengine.proto.v1.GetManyResult;
import dengine.proto.v1.MembersResult;
import dengine.proto.v1.Put;
import dengine.proto.v1.Record;
import dengine.proto.v1.Reply;
import dengine.proto.v1.ScanKeys;
import dengine.proto.v1.ScanResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes the API's operations as commands of the session protocol, and reads their replies.
final class Operations {

  private Operations() {}

  /// @param ttlMillis 0 for none
  static Operation<Long> put(Bytes key, Bytes value, long ttlMillis) {
    return new Operation<>(
        Operation.Kind.WRITE,
        Command.newBuilder()
            .setPut(Put.newBuilder().setKey(wire(key)).setValue(wire(value)).setTtlMs(ttlMillis))
            .build(),
        Operations::revision);
  }

  static Operation<Long> delete(Bytes key) {
    return new Operation<>(
        Operation.Kind.WRITE,
        Command.newBuilder().setDelete(Delete.newBuilder().setKey(wire(key))).build(),
        Operations::revision);
  }

  private static Long revision(Reply reply) {
    expect(reply, Reply.ResultCase.REVISION);
    return reply.getRevision();
  }

  static Operation<Swap> compareAndSwap(
      Bytes key, Optional<Bytes> expected, Bytes value, long ttlMillis) {
    CompareAndSwap.Builder swap =
        CompareAndSwap.newBuilder().setKey(wire(key)).setValue(wire(value)).setTtlMs(ttlMillis);
    expected.ifPresent(bytes -> swap.setExpected(wire(bytes)));
    return new Operation<>(
        Operation.Kind.WRITE,
        Command.newBuilder().setCompareAndSwap(swap).build(),
        reply -> {
          expect(reply, Reply.ResultCase.SWAP);
          return new Swap(reply.getSwap().getSucceeded(), reply.getSwap().getRevision());
        });
  }

  static Operation<Optional<KeyValue>> get(Bytes key, ReadPolicy policy) {
    return new Operation<>(
        kind(policy),
        Command.newBuilder()
            .setGet(Get.newBuilder().setKey(wire(key)).setPolicy(wire(policy)))
            .build(),
        reply -> {
          expect(reply, Reply.ResultCase.GET);
          return reply.getGet().hasRecord()
              ? Optional.of(record(key, reply.getGet().getRecord()))
              : Optional.empty();
        });
  }

  static Operation<Values> getMany(List<Bytes> keys, ReadPolicy policy) {
    List<Bytes> asked = List.copyOf(keys);
    GetMany.Builder get = GetMany.newBuilder().setPolicy(wire(policy));
    asked.forEach(key -> get.addKeys(wire(key)));
    return new Operation<>(
        kind(policy),
        Command.newBuilder().setGetMany(get).build(),
        reply -> {
          expect(reply, Reply.ResultCase.GET_MANY);
          return values(asked, reply.getGetMany());
        });
  }

  private static Values values(List<Bytes> asked, GetManyResult result) {
    if (result.getSlotsCount() != asked.size()) {
      throw new IllegalArgumentException(
          result.getSlotsCount() + " values for " + asked.size() + " keys");
    }
    List<Optional<KeyValue>> values = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      GetManyResult.Slot slot = result.getSlots(i);
      values.add(
          slot.hasRecord()
              ? Optional.of(record(asked.get(i), slot.getRecord()))
              : Optional.empty());
    }
    return new Values(result.getRevision(), values);
  }

  static Operation<Page> scan(Scan scan) {
    ScanKeys.Builder keys =
        ScanKeys.newBuilder()
            .setPrefix(wire(scan.prefix()))
            .setLimit(scan.limit())
            .setPolicy(wire(scan.policy()));
    scan.from().ifPresent(from -> keys.setFrom(wire(from)));
    return new Operation<>(
        kind(scan.policy()),
        Command.newBuilder().setScan(keys).build(),
        reply -> {
          expect(reply, Reply.ResultCase.SCAN);
          return page(reply.getScan());
        });
  }

  private static Page page(ScanResult result) {
    List<KeyValue> entries = new ArrayList<>(result.getRecordsCount());
    for (Record record : result.getRecordsList()) {
      entries.add(record(bytes(record.getKey()), record));
    }
    return new Page(
        result.getRevision(),
        entries,
        result.hasNext() ? Optional.of(bytes(result.getNext())) : Optional.empty());
  }

  static Operation<List<Member>> members() {
    return new Operation<>(
        Operation.Kind.ANY_READ,
        Command.newBuilder().setMembers(dengine.proto.v1.Members.getDefaultInstance()).build(),
        reply -> {
          expect(reply, Reply.ResultCase.MEMBERS);
          List<Member> members = new ArrayList<>();
          for (MembersResult.Member member : reply.getMembers().getMembersList()) {
            members.add(new Member(member.getId(), member.getAddress(), role(member.getRole())));
          }
          return List.copyOf(members);
        });
  }

  private static Member.Role role(int number) {
    NodeRole role = NodeRole.forNumber(number);
    if (role == NodeRole.NODE_ROLE_LEADER) {
      return Member.Role.LEADER;
    }
    if (role == NodeRole.NODE_ROLE_CANDIDATE) {
      return Member.Role.CANDIDATE;
    }
    return role == NodeRole.NODE_ROLE_LEARNER ? Member.Role.LEARNER : Member.Role.FOLLOWER;
  }

  static Operation<Optional<Leader>> leader() {
    return new Operation<>(
        Operation.Kind.ANY_READ,
        Command.newBuilder().setLeader(FindLeader.getDefaultInstance()).build(),
        reply -> {
          expect(reply, Reply.ResultCase.LEADER);
          var leader = reply.getLeader();
          return leader.getId() == 0
              ? Optional.empty()
              : Optional.of(new Leader(leader.getId(), leader.getAddress(), leader.getTerm()));
        });
  }

  private static KeyValue record(Bytes key, Record record) {
    return new KeyValue(
        key,
        bytes(record.getValue()),
        record.getCreateRevision(),
        record.getModRevision(),
        record.getVersion());
  }

  private static void expect(Reply reply, Reply.ResultCase expected) {
    if (reply.getResultCase() != expected) {
      throw new IllegalArgumentException(
          "a reply of kind " + reply.getResultCase() + " instead of " + expected);
    }
  }

  private static Operation.Kind kind(ReadPolicy policy) {
    return policy == ReadPolicy.EVENTUAL ? Operation.Kind.ANY_READ : Operation.Kind.LEADER_READ;
  }

  private static ReadConsistencyPolicy wire(ReadPolicy policy) {
    return switch (policy) {
      case LINEARIZABLE -> ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_LINEARIZABLE_READ;
      case LEASE -> ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_LEASE_READ;
      case EVENTUAL -> ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_EVENTUAL_CONSISTENCY;
    };
  }

  static Bytes bytes(ByteString content) {
    return Bytes.wrap(content.toByteArray());
  }

  /// Neither side changes the array.
  private static ByteString wire(Bytes content) {
    return UnsafeByteOperations.unsafeWrap(content.unsafeArray());
  }
}
