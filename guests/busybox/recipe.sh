# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# BusyBox: every command of the userland in one static program.
tools="make powerpc-linux-gnu-gcc dpkg-source bzip2"
debian="source/busybox"
result=busybox

make_product() {
  local source=$work/source tree=$work/tree
  once unpacked fetch_source busybox "$source"
  mkdir -p "$tree"
  local command=(make -C "$source" O="$tree" ARCH=powerpc CROSS_COMPILE=powerpc-linux-gnu-)
  quietly "configuring" "${command[@]}" defconfig
  while IFS= read -r line; do
    case $line in
      CONFIG_*) sed -i "s/^\(# \)\?${line%%=*}\(=.*\| is not set\)$/$line/" "$tree/.config" ;;
    esac
  done <"$recipe/config"
  quietly "configuring" oldconfig_with_defaults "${command[@]}"
  export KCONFIG_NOTIMESTAMP=1
  with_progress "compiling (steps)" 1140 "${command[@]}" -j"$jobs" busybox
  quietly "listing its commands" "${command[@]}" busybox.links
  cp "$tree/busybox" "$tree/busybox.links" "$out"
}

oldconfig_with_defaults() {
  # `yes` is always still writing when its reader ends.
  (set +o pipefail && yes "" | "$@" oldconfig)
}
