# shellcheck shell=sh
# For bin/dengine and examples/run to read in: the jar of a module, built first when that has not happened yet. They
# have `root`, the folder of the project, and `say`, which prints a line to standard error.

# Sets `jar` to a module's: of those built with all checks and without (-Dfast), the newer; empty if there is none.
find_jar() {
  jar=
  for candidate in "$root/$1"/target/dengine-"$1"-*.jar "$root/$1"/target/fast/dengine-"$1"-*.jar; do
    case $candidate in
      *-javadoc.jar | *-sources.jar) continue ;;
    esac
    [ -r "$candidate" ] && [ -d "$(dirname "$candidate")/lib" ] || continue
    if [ -z "$jar" ] || [ "$candidate" -nt "$jar" ]; then
      jar=$candidate
    fi
  done
}

# The same, and builds it if there is none. Exit code 69: it cannot be built.
built_jar() {
  find_jar "$1"
  [ -z "$jar" ] || return 0
  if ! command -v mvn >/dev/null 2>&1; then
    say "is not built yet, and there is no mvn to build it. Install Maven 3.8 or newer."
    exit 69
  fi
  mkdir -p "$root/target" || exit 69
  await_builds
  find_jar "$1"
  if [ -z "$jar" ]; then
    build "$1"
    find_jar "$1"
  fi
  rm -rf "$lock"
  trap - EXIT INT TERM HUP
  if [ -z "$jar" ]; then
    say "the build left no jar below $root/$1/target."
    exit 69
  fi
}

# One build at a time: two in one tree take each other's files away.
await_builds() {
  lock=$root/target/dengine-build
  waited=0
  until mkdir "$lock" 2>/dev/null; do
    if [ ! -d "$lock" ] && [ ! -w "$root/target" ]; then
      say "is not built yet, and $root/target cannot be written to."
      exit 69
    fi
    builder=$(cat "$lock/pid" 2>/dev/null) || builder=
    if [ -n "$builder" ] && ! ps -p "$builder" >/dev/null 2>&1; then
      # Whoever built was killed. Moved first: only one of those who wait can do that.
      mv "$lock" "$lock.$$" 2>/dev/null && rm -rf "$lock.$$"
    fi
    [ $waited != 0 ] || say "waiting for another build in this folder${builder:+ (process $builder)}"
    waited=$((waited + 1))
    if [ $waited -gt 900 ]; then
      say "another build has held $lock for too long: if none runs, remove it."
      exit 69
    fi
    sleep 1
  done
  trap 'rm -rf "$lock"' EXIT
  trap 'exit 130' INT TERM HUP
  echo $$ >"$lock/pid"
}

# Quiet when it goes well; all that was said when it does not. On standard error, so that what the command prints stays
# alone on standard output.
build() {
  log=$root/target/dengine-build.log
  began=$(date +%s)
  say "is not built yet. Building it, which is done once and takes a minute or two, longer if Maven has to download first."
  say "mvn -DskipTests -Dfast -pl $1 -am package says what it does in $log"
  if ! (cd "$root" && mvn -B -ntp -Dstyle.color=never -DskipTests -Dfast -pl "$1" -am package) >"$log" 2>&1; then
    cat "$log" >&2
    say "the build failed; what Maven said stands above, and in $log"
    exit 69
  fi
  say "built in $(($(date +%s) - began)) s"
}
