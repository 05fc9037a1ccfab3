# Sourced by ./run and ./check: where we are, what to install, and how to build.
# shellcheck shell=sh
cd "$(dirname "$0")" || exit

fail() {
  echo "${0##*/}: $1" >&2
  exit "${2:-1}"
}

jobs() {
  nproc 2>/dev/null || echo 2
}

# build PRESET [TARGET or ninja option...]: configures and builds, all on stderr; without a terminal only what goes wrong.
build() {
  preset=$1
  shift
  mkdir -p "build/$preset"
  cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || {
    cat "build/$preset/configure.log" >&2
    return 1
  }
  quiet=
  [ -t 2 ] || quiet=--quiet
  ninja -C "build/$preset" -j "$(jobs)" $quiet "$@" >&2
}
