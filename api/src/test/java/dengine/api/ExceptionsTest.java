package dengine.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExceptionsTest {

  @Test
  void theTypeSaysWhatTheCallerMayConclude() {
    List<DEngineException> rejected =
        List.of(
            new NotLeaderException(0, ""),
            new InvalidRequestException("no"),
            new RateLimitedException("full", Duration.ofMillis(5)),
            new ClusterUnavailableException("nobody"));

    for (DEngineException exception : rejected) {
      assertInstanceOf(RejectedException.class, exception);
    }
    assertEquals(
        List.of(
            RejectedException.class,
            OutcomeUnknownException.class,
            ClosedException.class,
            EngineStoppedException.class),
        List.of(DEngineException.class.getPermittedSubclasses()));
  }

  @Test
  void theNumbersOnTheWireAreThoseOfTheOriginal() {
    assertEquals(4001, new NotLeaderException(1, "").code().number());
    assertEquals(4003, new InvalidRequestException("no").code().number());
    assertEquals(4004, new RateLimitedException("full", Duration.ZERO).code().number());
    assertEquals(4005, new ClusterUnavailableException("nobody").code().number());
    assertEquals(1001, new OutcomeUnknownException("late").code().number());
    assertEquals(8888, new ClosedException("client").code().number());
    assertEquals(0, ErrorCode.SUCCESS.number());
    assertEquals(5001, ErrorCode.WATCH_BUFFER_OVERFLOW.number());
    long different = Arrays.stream(ErrorCode.values()).map(ErrorCode::number).distinct().count();
    assertEquals(ErrorCode.values().length, different);
  }

  @Test
  void notLeaderNamesTheLeaderIfItIsKnown() {
    NotLeaderException known = new NotLeaderException(3, "host:9");
    NotLeaderException unknown = new NotLeaderException(0, "");

    assertEquals(Optional.of(3), known.leaderId());
    assertEquals(Optional.of("host:9"), known.leaderAddress());
    assertTrue(known.getMessage().contains("node 3 at host:9"));
    assertEquals(Optional.empty(), unknown.leaderId());
    assertEquals(Optional.empty(), unknown.leaderAddress());
  }

  @Test
  void messagesSayWhatIsPermitted() {
    assertEquals(
        "key bytes = 5000, permitted: 1 to 4096",
        new InvalidRequestException("key bytes", 5000, "1 to 4096").getMessage());
    assertEquals(
        "queue is full; try again in 50 ms",
        new RateLimitedException("queue is full", Duration.ofMillis(50)).getMessage());
    assertEquals("client is closed", new ClosedException("client").getMessage());
  }
}
