# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# The kernel: Linux 6.1 as Debian packages its source, configured by `config`.
# vmlinux is an ELF file linked at 0xc0000000; its console is ttyPZ0, the first serial port.
tools="make gcc flex bison bc perl xz powerpc-linux-gnu-gcc"
debian="linux-source-6.1"
result=vmlinux

make_product() {
  local source=$work/linux-source-6.1 tree=$work/tree
  once unpacked unpack_kernel
  local command=(make -C "$source" O="$tree" ARCH=powerpc CROSS_COMPILE=powerpc-linux-gnu-)
  export KBUILD_BUILD_TIMESTAMP="$build_date" KBUILD_BUILD_USER=quince KBUILD_BUILD_HOST=quince KBUILD_BUILD_VERSION=1
  mkdir -p "$tree"
  quietly "configuring" "${command[@]}" KCONFIG_ALLCONFIG="$recipe/config" allnoconfig
  every_line_is_in "$tree/.config" <"$recipe/config"
  with_progress "compiling (steps)" 1500 "${command[@]}" -j"$jobs" vmlinux
  powerpc-linux-gnu-strip -o "$out/vmlinux" "$tree/vmlinux"
  gzip -9nc "$out/vmlinux" >"$out/vmlinux.gz"
  cp "$tree/System.map" "$out/System.map"
  cp "$tree/.config" "$out/config"
}

unpack_kernel() {
  fetch_package linux-source-6.1 "$work/package"
  rm -rf "$work/linux-source-6.1"
  quietly "unpacking Linux" tar -C "$work" -xf "$work/package/usr/src/linux-source-6.1.tar.xz" \
    --exclude='*/Documentation/*/*' --exclude='*/tools/testing' --exclude='*/drivers/gpu/drm/amd/include'
  rm -rf "$work/package"
}

every_line_is_in() {
  local missing
  missing=$(grep '^CONFIG_' | grep -vxFf "$1" | paste -sd ' ') || return 0
  [ -z "$missing" ] || fail "kernel: Linux does not accept $missing"
}
