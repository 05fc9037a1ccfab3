# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# What guests/build and the recipes share: the cache, the Debian archive, and the showing of progress.
# Everything lives in $cache: products (NAME-KEY/), work in progress (work/NAME-KEY/) and apt's lists (debian/).

cache=${XDG_CACHE_HOME:-$HOME/.cache}/quince/guests
mirror=${QUINCE_DEBIAN_MIRROR:-http://deb.debian.org}
jobs=${QUINCE_JOBS:-$(nproc)}
build_date="2025-01-01 00:00:00 UTC" # of the kernel: not when it was built, so that two builds can be equal
export SOURCE_DATE_EPOCH=1735689600
export LC_ALL=C

say() { echo "guests: $*" >&2; }

fail() {
  say "$*"
  exit 1
}

# --- Progress ---

# quietly WHAT COMMAND...: its output goes to $work/log; shown only if it fails.
quietly() {
  say "$name: $1"
  shift
  "$@" >>"$work/log" 2>&1 </dev/null || give_up "$1"
}

give_up() {
  tail -n 15 "$work/log" >&2
  fail "$name: $1 failed (all of its output: $work/log)"
}

# bar DONE STEPS: twenty characters, as many of them filled as is done. Steps are an estimate.
bar() {
  local filled=$((20 * $1 / ($2 > 0 ? $2 : 1))) text='####################'
  ((filled <= 20)) || filled=20
  printf '%-20s' "${text:0:filled}"
}

# with_progress WHAT STEPS COMMAND...: the same, for commands that print about STEPS lines while they work. On a
# terminal the count is shown as it grows; elsewhere, once a minute.
with_progress() {
  local what=$1 steps=$2 pid count text began=$SECONDS shown=0
  shift 2
  local log=$work/steps.log
  : >"$log"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # shellcheck disable=SC2064 # this process, not whatever pid names later
  trap "kill $pid 2>/dev/null; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    # $$ is the script itself, even here in a subshell: it may have been killed alone.
    kill -0 $$ 2>/dev/null || { kill "$pid" && exit 143; }
    count=$(wc -l <"$log")
    text="$name: $what $count of about $steps, $((SECONDS - began)) s"
    if [ -t 2 ]; then
      printf '\rguests: [%s] %s ' "$(bar "$count" "$steps")" "$text" >&2
    elif ((SECONDS >= shown)); then
      say "$text"
      shown=$((SECONDS + 60))
    fi
    sleep 1
  done
  trap - INT TERM
  [ ! -t 2 ] || echo >&2
  wait "$pid" || {
    cat "$log" >>"$work/log"
    give_up "$what"
  }
  cat "$log" >>"$work/log"
}

# once STEP COMMAND...: does not repeat a step that an interrupted build has completed.
once() {
  [ ! -e "$work/$1.done" ] || return 0
  "${@:2}"
  touch "$work/$1.done"
}

# --- The Debian archive ---

# An apt of our own: other package lists than the system's (sources, and a second architecture), no need to be
# root, and nothing of the system is changed.
own_apt() {
  local directory=$cache/debian key="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
  if [ ! -e "$directory/apt.conf" ]; then
    mkdir -p "$directory/lists/partial" "$directory/archives/partial"
    cat >"$directory/sources.list" <<END
deb $key arch=amd64,ppc64el] $mirror/debian bookworm main
deb-src $key] $mirror/debian bookworm main
deb $key arch=amd64] $mirror/debian-security bookworm-security main
deb-src $key] $mirror/debian-security bookworm-security main
END
    cat >"$directory/apt.conf" <<END
Dir::State "$directory";
Dir::State::Lists "$directory/lists";
Dir::Cache "$directory";
Dir::Etc::SourceList "$directory/sources.list";
Dir::Etc::SourceParts "/nonexistent";
APT::Architectures { "amd64"; "ppc64el"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
END
  fi
  APT_CONFIG=$directory/apt.conf "$@"
}

# Writes down the newest version of every package that a recipe uses. Keys are made of these lines, so that a
# second start needs no network; `guests/build --update` looks again.
update_versions() {
  local directory=$cache/debian package version
  mkdir -p "$directory"
  say "reading the package lists of Debian 12 from $mirror"
  own_apt apt-get -q -o APT::Update::Error-Mode=any update >"$directory/update.log" 2>&1 || {
    tail -n 5 "$directory/update.log" >&2
    fail "the Debian archive can't be read (is the network up? all of apt's output: $directory/update.log)"
  }
  for package in $(all_debian_packages); do
    case $package in
      source/*) version=$(own_apt apt-cache showsrc --only-source "${package#source/}" | newest_version) ;;
      *) version=$(own_apt apt-cache show "$package" | newest_version) ;;
    esac
    [ -n "$version" ] || fail "Debian 12 has no package $package"
    echo "$package $version"
  done >"$directory/versions.new"
  mv "$directory/versions.new" "$directory/versions"
}

newest_version() {
  local newest='' version
  while read -r version; do
    if [ -z "$newest" ] || dpkg --compare-versions "$version" gt "$newest"; then newest=$version; fi
  done < <(sed -n 's/^Version: //p')
  echo "$newest"
}

version_of() { # PACKAGE
  awk -v package="$1" '$1 == package { print $2 }' "$cache/debian/versions"
}

# fetch_package PACKAGE DIRECTORY: its files, unpacked there.
fetch_package() {
  local download
  download=$work/download
  mkdir -p "$download"
  download "$1" "$download" apt-get -q download "$1=$(version_of "$1")"
  mkdir -p "$2"
  quietly "unpacking $1" dpkg-deb -x "$download"/*.deb "$2"
  rm -rf "$download"
}

# fetch_source PACKAGE DIRECTORY: its source with Debian's patches, unpacked as DIRECTORY.
fetch_source() {
  local download=$work/download
  rm -rf "$download" "$2"
  mkdir -p "$download"
  download "the source of $1" "$download" apt-get -q source --only-source "$1=$(version_of "source/$1")"
  mv "$download"/*/ "$2"
  rm -rf "$download"
}

download() { # WHAT DIRECTORY COMMAND...
  say "$name: downloading $1"
  (cd "$2" && own_apt "${@:3}") >>"$work/log" 2>&1 </dev/null || {
    tail -n 5 "$work/log" >&2
    fail "$name: $1 can't be had (does guests/build --update help? Debian keeps no old versions)"
  }
}

# --- Products ---

# load_recipe NAME: sets the variables of guests/NAME/recipe.sh, and defines its make_product.
#   needs   other products            debian  packages (source/NAME: source packages)
#   tools   commands                  result  the file that --where prints
#   files   what else of guests/ it uses
load_recipe() {
  name=$1
  recipe=$guests/$name
  needs='' tools='' debian='' result='' files=''
  # shellcheck source=/dev/null
  . "$recipe/recipe.sh"
}

# key_of NAME: changes whenever something changes that the product is made of.
key_of() (
  load_recipe "$1"
  {
    cd "$guests" || exit
    # shellcheck disable=SC2086 # lists of words
    find "$name" $files -type f -print0 | sort -z | xargs -0 sha256sum
    for package in $debian; do echo "$package $(version_of "$package")"; done
    case $tools in *powerpc-linux-gnu-gcc*) powerpc-linux-gnu-gcc --version | head -n 1 ;; esac
    for other in $needs; do key_of "$other"; done
  } | sha256sum | cut -c 1-16
)

directory_of() { echo "$cache/$1-$(key_of "$1")"; }

path_of() (
  load_recipe "$1"
  echo "$(directory_of "$name")/$result"
)

# build_product NAME: makes it if it is not in the cache, after what it needs.
build_product() (
  load_recipe "$1"
  for other in $needs; do build_product "$other"; done
  out_final=$(directory_of "$name")
  [ ! -d "$out_final" ] || exit 0
  for tool in $tools; do
    command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
      fail "$name: the command $tool is missing (scripts/install-deps build guest images)"
  done
  PATH=$PATH:/usr/sbin:/sbin
  work=$cache/work/${out_final##*/}
  mkdir -p "$work"
  exec 9>"$work/lock"
  flock -n 9 || {
    say "$name: waiting for another build of it"
    flock 9
    [ ! -d "$out_final" ] || exit 0
  }
  out=$work/out
  rm -rf "$out"
  mkdir -p "$out"
  began=$SECONDS
  make_product
  echo "$((SECONDS - began))" >"$out/seconds"
  mv "$out" "$out_final"
  rm -rf "$work"
  say "$name: done in $(cat "$out_final/seconds") s"
)
