package dengine.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/// The members of a cluster: an array of tables in a file, or one text in the environment and on
/// the command line: `1=host:port,2=host:port,3=host:port:learner`.
record InitialCluster() implements Kind<List<ClusterMember>> {

  private static final Kinds.Address ADDRESS = new Kinds.Address(1);
  private static final Kinds.Whole ID = new Kinds.Whole(1, Integer.MAX_VALUE);
  private static final Set<String> KEYS = Set.of("id", "address", "role", "status", "name");
  private static final String LEARNER_SUFFIX = ":learner";

  // The original's numbers: 1 follower, 2 candidate, 3 leader, 4 learner; what a voter is at the
  // moment of writing the file makes no difference.
  private static final long ROLE_LEARNER = 4;
  private static final long LAST_STATUS = 3;

  @Override
  public List<ClusterMember> parse(Object raw) throws Unfit {
    List<ClusterMember> members =
        raw instanceof TomlArray array ? fromTables(array) : fromText(Kinds.text(raw));
    if (members.isEmpty()) {
      throw new Unfit("no members");
    }
    checkDistinct(members);
    return members;
  }

  @Override
  public String permitted() {
    return "an array of { id, address, role, status }, or \"1=host:port,2=host:port:learner\", with"
        + " distinct ids and addresses";
  }

  @Override
  public String toml(List<ClusterMember> value) {
    return value.stream()
        .map(
            member ->
                "{ id = "
                    + member.id()
                    + ", address = "
                    + Kind.quoted(member.address().toString())
                    + ", role = "
                    + (member.learner() ? "\"learner\"" : "\"voter\"")
                    + " }")
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /// The form for the environment and the command line.
  static String text(List<ClusterMember> members) {
    return members.stream()
        .map(m -> m.id() + "=" + m.address() + (m.learner() ? LEARNER_SUFFIX : ""))
        .collect(Collectors.joining(","));
  }

  private static List<ClusterMember> fromText(String text) throws Unfit {
    List<ClusterMember> members = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw new Unfit("\"" + part.strip() + "\" is not id=host:port");
      }
      String address = part.substring(equals + 1).strip();
      boolean learner = address.endsWith(LEARNER_SUFFIX);
      members.add(
          new ClusterMember(
              ID.parse(part.substring(0, equals)),
              ADDRESS.parse(
                  learner
                      ? address.substring(0, address.length() - LEARNER_SUFFIX.length())
                      : address),
              learner));
    }
    return members;
  }

  private static List<ClusterMember> fromTables(TomlArray array) throws Unfit {
    List<ClusterMember> members = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      if (!(array.get(i) instanceof TomlTable table)) {
        throw new Unfit(at(array.inputPositionOf(i)) + "not a table");
      }
      members.add(fromTable(table, array.inputPositionOf(i)));
    }
    return members;
  }

  private static ClusterMember fromTable(TomlTable table, TomlPosition position) throws Unfit {
    for (String key : table.keySet()) {
      if (!KEYS.contains(key)) {
        throw new Unfit(
            at(table.inputPositionOf(List.of(key)))
                + "unknown key "
                + key
                + Suggestions.among(KEYS).forTypo(key));
      }
    }
    checkStatus(table);
    return new ClusterMember(
        required(table, "id", position, ID),
        required(table, "address", position, ADDRESS),
        isLearner(table));
  }

  private static <T> T required(TomlTable table, String key, TomlPosition position, Kind<T> kind)
      throws Unfit {
    Object value = table.get(List.of(key));
    if (value == null) {
      throw new Unfit(at(position) + "a member without " + key);
    }
    try {
      return kind.parse(value);
    } catch (Unfit e) {
      throw new Unfit(
          at(table.inputPositionOf(List.of(key)))
              + key
              + " = "
              + value
              + ": "
              + e.reason()
              + " ("
              + kind.permitted()
              + ")");
    }
  }

  private static boolean isLearner(TomlTable table) throws Unfit {
    Object role = table.get(List.of("role"));
    return switch (role) {
      case null -> false;
      case Long number when number >= 1 && number <= ROLE_LEARNER -> number == ROLE_LEARNER;
      case String name when name.toLowerCase(Locale.ROOT).equals("voter") -> false;
      case String name when name.toLowerCase(Locale.ROOT).equals("learner") -> true;
      default ->
          throw new Unfit(
              at(table.inputPositionOf(List.of("role")))
                  + "role = "
                  + role
                  + ": permitted are \"voter\", \"learner\", and the original's 1 to 3 (voter)"
                  + " and 4 (learner)");
    };
  }

  private static void checkStatus(TomlTable table) throws Unfit {
    Object status = table.get(List.of("status"));
    boolean fits =
        status == null || (status instanceof Long number && number >= 1 && number <= LAST_STATUS);
    if (!fits) {
      throw new Unfit(
          at(table.inputPositionOf(List.of("status")))
              + "status = "
              + status
              + ": permitted are 1 (promotable), 2 (read-only), 3 (active)");
    }
  }

  private static void checkDistinct(List<ClusterMember> members) throws Unfit {
    for (int i = 0; i < members.size(); i++) {
      for (ClusterMember other : members.subList(0, i)) {
        if (members.get(i).id() == other.id()) {
          throw new Unfit("two members with id " + other.id());
        }
        if (members.get(i).address().equals(other.address())) {
          throw new Unfit("two members at " + other.address());
        }
      }
    }
  }

  private static String at(@Nullable TomlPosition position) {
    return position == null
        ? ""
        : "line " + position.line() + ", column " + position.column() + ": ";
  }
}
