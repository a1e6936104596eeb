package dengine.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dengine.server.config.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/// Answers HTTP: each path with what its source says. For probes, load balancers and scrapers,
/// which ask little and read all of it; everything they can take up is bounded.
final class HttpEndpoints implements AutoCloseable {

  /// @param status of the response
  /// @param body a text
  record Answer(int status, String body) {

    static Answer yes(String body) {
      return new Answer(200, body + "\n");
    }

    static Answer no(String body) {
      return new Answer(503, body + "\n");
    }
  }

  private static final System.Logger LOG = System.getLogger(HttpEndpoints.class.getName());
  private static final int BACKLOG = 64;

  static {
    // The JDK's server takes its bounds from here alone, and has none of its own: somebody who
    // opens connections and says nothing would keep them for ever.
    Map.of(
            "sun.net.httpserver.maxReqTime", "10",
            "sun.net.httpserver.maxRspTime", "30",
            "sun.net.httpserver.maxReqHeaders", "50",
            "jdk.httpserver.maxConnections", "256")
        .forEach(System.getProperties()::putIfAbsent);
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final Map<String, Supplier<Answer>> sources = new ConcurrentSkipListMap<>();
  private final String address;

  private HttpEndpoints(HttpServer server, HostPort at) {
    this.server = server;
    this.address = new HostPort(at.host(), server.getAddress().getPort()).toString();
    // One for each connection, of which there is a bounded number: whoever is slow, or asks for
    // what takes long, keeps nobody else from being answered.
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("dengine-http-", 0).factory());
    server.setExecutor(threads);
    server.createContext("/", this::answer);
  }

  /// Listens, and answers nobody before [#start].
  ///
  /// @throws UncheckedIOException if the address cannot be listened on
  static HttpEndpoints listen(HostPort at) {
    try {
      InetSocketAddress socket = new InetSocketAddress(at.host(), at.port());
      if (socket.isUnresolved()) {
        throw new BindException("there is no address of this name");
      }
      return new HttpEndpoints(HttpServer.create(socket, BACKLOG), at);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot listen on "
              + at
              + " ("
              + e.getMessage()
              + "); choose another monitoring.http_address, or stop the program that uses this one",
          e);
    }
  }

  /// Answers this path with what its source says, from now on.
  void answer(String path, Supplier<Answer> source) {
    sources.put(path, source);
  }

  /// Begins to answer. The JDK's server has a thread that is a daemon if whoever begins it is one;
  /// it must be, or a server that was not closed would keep its process from ending.
  void start() {
    CompletableFuture.runAsync(
            server::start, task -> Thread.ofPlatform().daemon().name("dengine-http").start(task))
        .join();
  }

  /// The configured host with the actual port.
  String address() {
    return address;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      Supplier<Answer> source = sources.get(exchange.getRequestURI().getPath());
      if (source == null) {
        send(exchange, new Answer(404, "there is: " + String.join(" ", sources.keySet()) + "\n"));
      } else if (method.equals("GET") || method.equals("HEAD")) {
        send(exchange, ask(source));
      } else {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, new Answer(405, method + " is not answered, GET and HEAD are\n"));
      }
    }
  }

  private static Answer ask(Supplier<Answer> source) {
    try {
      return source.get();
    } catch (RuntimeException failure) {
      LOG.log(System.Logger.Level.DEBUG, "event=http-failed", failure);
      return Answer.no(String.valueOf(failure.getMessage()));
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(answer.status, -1);
    } else {
      exchange.sendResponseHeaders(answer.status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
