package dengine.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.tomlj.TomlArray;

/// Where several nodes are reached: an array in a file, or one text with commas.
record Addresses() implements Kind<List<HostPort>> {

  private static final Kinds.Address ADDRESS = new Kinds.Address(1);

  @Override
  public List<HostPort> parse(Object raw) throws Unfit {
    List<HostPort> addresses = new ArrayList<>();
    if (raw instanceof TomlArray array) {
      for (int i = 0; i < array.size(); i++) {
        addresses.add(ADDRESS.parse(array.get(i)));
      }
    } else {
      for (String part : Kinds.text(raw).split(",", -1)) {
        addresses.add(ADDRESS.parse(part));
      }
    }
    if (addresses.isEmpty()) {
      throw new Unfit("no address");
    }
    return addresses;
  }

  @Override
  public String permitted() {
    return "an array of \"host:port\", or \"host:port,host:port\"";
  }

  @Override
  public String toml(List<HostPort> value) {
    return value.stream()
        .map(address -> Kind.quoted(address.toString()))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
