package dengine.examples.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dengine.api.Bytes;
import dengine.api.DEngineException;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.NodeState;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.ReadPolicy;
import dengine.api.RejectedException;
import dengine.embedded.EmbeddedEngine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// One node of an HTTP service with its data in an embedded engine.
///
/// | request | answer |
/// |---|---|
/// | `GET /primary` | 200 on the node that leads, 503 on others: where a balancer sends writes |
/// | `GET /replica` | 200 on a node that follows, 503 on others: where it sends reads |
/// | `GET /kv/KEY` | the value as this node has it, perhaps a moment old; 404 |
/// | `PUT /kv/KEY` | 204 once a majority has it on disk; others answer as [Follower] says |
final class HttpNode implements AutoCloseable {

  /// What a node that does not lead does about a write.
  enum Follower {
    /// 503 with the leader's number: the balancer, or the caller, tries another node.
    REFUSES,
    /// 307 to the node that leads: the caller goes there by itself.
    REDIRECTS
  }

  private static final String KEYS = "/kv/";
  private static final int MAX_BODY = 64 << 10;

  private final EmbeddedEngine engine;
  private final Follower follower;
  private final Map<Integer, URI> nodes;
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  /// @param nodes where each node of the cluster answers HTTP
  HttpNode(EmbeddedEngine engine, Follower follower, Map<Integer, URI> nodes) throws IOException {
    this.engine = engine;
    this.follower = follower;
    this.nodes = nodes;
    URI own = Objects.requireNonNull(nodes.get(engine.nodeId()), "the node's own address");
    this.server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByName(own.getHost()), own.getPort()), 0);
    server.setExecutor(workers);
    server.createContext("/primary", it -> health(it, engine.lifecycle().state().isLeader()));
    server.createContext("/replica", it -> health(it, isReplica(engine.lifecycle().state())));
    server.createContext(KEYS, this::onKey);
    server.start();
  }

  private static boolean isReplica(NodeState state) {
    return state.isServing() && !state.isLeader();
  }

  private static void health(HttpExchange call, boolean well) throws IOException {
    answer(call, well ? 200 : 503, well ? "yes\n" : "no\n");
  }

  private void onKey(HttpExchange call) throws IOException {
    Bytes key = Bytes.of(call.getRequestURI().getPath().substring(KEYS.length()));
    try {
      switch (call.getRequestMethod()) {
        case "GET" -> read(call, key);
        case "PUT" -> write(call, key);
        default -> answer(call, 405, "GET and PUT are understood\n");
      }
    } catch (NotLeaderException elsewhere) {
      notHere(call, engine.leader());
    } catch (InvalidRequestException wrong) {
      answer(call, 400, wrong.getMessage() + "\n");
    } catch (OutcomeUnknownException unknown) {
      answer(call, 504, "it may have been written: " + unknown.getMessage() + "\n");
    } catch (RejectedException refused) {
      answer(call, 503, "not written: " + refused.getMessage() + "\n");
    } catch (DEngineException failed) {
      answer(call, 500, failed.getMessage() + "\n");
    }
  }

  private void read(HttpExchange call, Bytes key) throws IOException {
    Optional<KeyValue> found = engine.client().get(key, ReadPolicy.EVENTUAL);
    answer(call, found.isPresent() ? 200 : 404, found.map(KeyValue::text).orElse("no such key\n"));
  }

  private void write(HttpExchange call, Bytes key) throws IOException {
    // Asked before the body is read: most of the time this saves a useless try.
    if (!engine.isLeader()) {
      notHere(call, engine.leader());
      return;
    }
    byte[] body = call.getRequestBody().readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      answer(call, 413, "a value has at most " + MAX_BODY + " bytes\n");
      return;
    }
    long revision = engine.client().put(key, Bytes.wrap(body));
    call.getResponseHeaders().set("Revision", Long.toString(revision));
    answer(call, 204, "");
  }

  private void notHere(HttpExchange call, Optional<Leader> leader) throws IOException {
    leader.ifPresent(it -> call.getResponseHeaders().set("Leader", Integer.toString(it.id())));
    URI there = leader.map(it -> nodes.get(it.id())).orElse(null);
    if (follower == Follower.REDIRECTS && there != null) {
      call.getResponseHeaders()
          .set("Location", there.resolve(call.getRequestURI().getRawPath()).toString());
      answer(call, 307, "");
    } else {
      answer(call, 503, "this node does not lead\n");
    }
  }

  private static void answer(HttpExchange call, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    call.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (call) {
      call.getResponseBody().write(body);
    }
  }

  /// Stops answering. The engine is whoever's who started it.
  @Override
  public void close() {
    server.stop(0);
    workers.close();
  }
}
