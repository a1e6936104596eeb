package dengine.bench;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.Client;

/// Puts of random keys, by blocking and by asynchronous callers.
final class Writes {

  private Writes() {}

  static Side.Load blocking(Client client, Options options, int callers) {
    Bytes[] keys = Payload.keys(options.keys());
    Callers.Blocking put = key -> client.put(keys[key], Payload.VALUE);
    return callers == 1
        ? Callers.platform(1, keys.length, put)
        : Callers.virtual(callers, keys.length, put);
  }

  static Side.Load async(Client client, Options options, int inFlight) {
    Bytes[] keys = Payload.keys(options.keys());
    AsyncClient async = client.async();
    return Callers.futures(inFlight, keys.length, key -> async.put(keys[key], Payload.VALUE));
  }
}
