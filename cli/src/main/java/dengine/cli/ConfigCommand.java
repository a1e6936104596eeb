package dengine.cli;

import dengine.server.config.EffectiveSetting;
import dengine.server.config.ServerConfig;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "config",
    description = {
      "Show the configuration a server would run with, and where each value comes from.",
      "Exit code 78: it cannot be used; each problem is told."
    })
final class ConfigCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin ConfigOptions options = new ConfigOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table, json, or value for a file in TOML. Default: table.")
  @Nullable OutputFormat output;

  ConfigCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    ServerConfig config = options.load(surroundings.environment());
    switch (output == null ? OutputFormat.TABLE : output) {
      case TABLE ->
          surroundings.out().print(table(config).within(Presentation.width(surroundings), "VALUE"));
      case JSON ->
          surroundings
              .out()
              .println(Json.of(config.effective().stream().map(ConfigCommand::json).toList()));
      case VALUE -> surroundings.out().print(toml(config));
    }
    config.warnings().forEach(warning -> surroundings.err().println("dengine: " + warning));
    return ExitCode.OK;
  }

  private static Table table(ServerConfig config) {
    Table table = new Table("KEY", "VALUE", "FROM");
    for (EffectiveSetting setting : config.effective()) {
      table.row(setting.key(), setting.toml().isEmpty() ? "-" : setting.toml(), setting.origin());
    }
    return table;
  }

  private static Object json(EffectiveSetting setting) {
    return Json.object(
        "key",
        setting.key(),
        "value",
        setting.toml().isEmpty() ? null : plain(setting.toml()),
        "from",
        setting.origin().toString());
  }

  private static String plain(String toml) {
    return toml.startsWith("\"") ? toml.substring(1, toml.length() - 1) : toml;
  }

  private static String toml(ServerConfig config) {
    StringBuilder text = new StringBuilder();
    String section = "";
    for (EffectiveSetting setting : config.effective()) {
      int dot = setting.key().lastIndexOf('.');
      if (!section.equals(setting.key().substring(0, dot))) {
        text.append(section.isEmpty() ? "" : "\n");
        section = setting.key().substring(0, dot);
        text.append('[').append(section).append("]\n");
      }
      text.append("# ").append(setting.meaning()).append('\n');
      text.append(setting.toml().isEmpty() ? "# " : "");
      text.append(setting.key(), dot + 1, setting.key().length());
      text.append(" = ").append(setting.toml()).append('\n');
    }
    return text.toString();
  }
}
