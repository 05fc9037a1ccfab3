# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# Real programs for the benchmarks: libraries of Debian's source packages, each driven by a program of ours that gives
# it work and prints a checksum. guest/NAME and native/NAME are made from the same sources in the same way.
tools="powerpc-linux-gnu-gcc gcc dpkg-source tclsh make"
debian="source/bzip2 source/zlib source/libzstd source/7zip source/lua5.4 source/sqlite3"
files="../bench/programs/program.h"
result=guest/lua

make_product() {
  local package side
  for package in bzip2 zlib libzstd 7zip lua5.4 sqlite3; do
    once "unpacked-$package" fetch_source "$package" "$work/$package"
  done
  once amalgamated quietly "SQLite's one file" amalgamate
  mkdir -p "$work/include" "$out/guest" "$out/native"
  echo '#define DEB_HOST_MULTIARCH "guest"' >"$work/include/lua5.4-deb-multiarch.h"
  sed 's/["\\]/\\&/g; s/.*/"&\\n"/' "$recipe/work.lua" >"$work/include/work.inc"
  for side in guest native; do compile_all "$side"; done
}

amalgamate() {
  mkdir -p "$work/sqlite"
  cd "$work/sqlite" || return
  "$work/sqlite3/configure" --disable-tcl --disable-shared
  make sqlite3.c
}

compile_all() { # SIDE
  local bz=$work/bzip2 z=$work/zlib zs=$work/libzstd/lib seven=$work/7zip/C lua=$work/lua5.4/src
  local lua_sources
  mapfile -t lua_sources < <(find "$lua" -name '*.c' ! -name lua.c ! -name luac.c | sort)
  compile "$1" bzip2 -I"$bz" "$bz"/{blocksort,bzlib,compress,crctable,decompress,huffman,randtable}.c
  compile "$1" zlib -I"$z" "$z"/{adler32,compress,crc32,deflate,inffast,inflate,inftrees,trees,uncompr,zutil}.c
  compile "$1" zstd -DZSTD_DISABLE_ASM -DZSTD_LEGACY_SUPPORT=0 -I"$zs" "$zs"/{common,compress,decompress}/*.c
  compile "$1" lzma -DZ7_ST -I"$seven" "$seven"/{Alloc,CpuArch,LzFind,LzFindOpt,LzmaDec,LzmaEnc,LzmaLib}.c
  compile "$1" lua -I"$lua" -I"$work/include" "${lua_sources[@]}"
  compile "$1" sqlite -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -I"$work/sqlite" "$work/sqlite/sqlite3.c"
}

# -ffp-contract=off: the same arithmetic on both sides.
compile() { # SIDE NAME FLAG-OR-SOURCE...
  local compiler=(gcc) name_of=$2 side=$1
  [ "$side" = native ] || compiler=(powerpc-linux-gnu-gcc -static -mcpu=750)
  quietly "compiling $name_of ($side)" "${compiler[@]}" -O2 -ffp-contract=off -w -s -I"$guests/.." -o "$out/$side/$name_of" \
    "$recipe/$name_of.c" "${@:3}" -lm -pthread
}
