package dengine.grpc;

import dengine.api.DEngineException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Answers unary calls when their futures complete, on the network's threads: the engine's have
/// better things to do than to encode messages.
///
/// @param network the network's threads
record Answers(Executor network) {

  /// Starts an operation and answers with what it gives, or with the status of what went wrong.
  <T, R> void answer(
      StreamObserver<R> caller, Supplier<CompletableFuture<T>> operation, Function<T, R> body) {
    answer(caller, operation, body, problem -> null);
  }

  /// The same where the response can say itself what went wrong.
  ///
  /// @param failureBody the response for a problem that belongs into it
  <T, R> void answer(
      StreamObserver<R> caller,
      Supplier<CompletableFuture<T>> operation,
      Function<T, R> body,
      Function<Problem, @Nullable R> failureBody) {
    if (caller instanceof ServerCallStreamObserver<R> call) {
      // Without one, answering a caller that has gone away would throw.
      call.setOnCancelHandler(() -> {});
    }
    BiConsumer<T, @Nullable Throwable> finish =
        (result, failure) -> {
          if (failure == null) {
            succeed(caller, body.apply(result));
          } else {
            fail(caller, Problem.of(failure), failureBody);
          }
        };
    CompletableFuture<T> future = start(operation);
    // Nobody waits for what follows: it has told the caller.
    CompletableFuture<T> _ =
        future.isDone() ? future.whenComplete(finish) : future.whenCompleteAsync(finish, network);
  }

  /// Starts an operation; one that throws right away is one that failed.
  static <T> CompletableFuture<T> start(Supplier<CompletableFuture<T>> operation) {
    try {
      return operation.get();
    } catch (DEngineException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static <R> void succeed(StreamObserver<R> caller, R response) {
    caller.onNext(response);
    caller.onCompleted();
  }

  private static <R> void fail(
      StreamObserver<R> caller, Problem problem, Function<Problem, @Nullable R> failureBody) {
    R response = problem.inBody() ? failureBody.apply(problem) : null;
    if (response == null) {
      caller.onError(problem.asStatus());
    } else {
      succeed(caller, response);
    }
  }
}
