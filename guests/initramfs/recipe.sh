# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# The default guest's file system: BusyBox, and an init that gives a shell.
needs="busybox"
tools="cpio gzip"
result=initramfs.cpio.gz

make_product() {
  # shellcheck source=guests/initramfs/tree.sh
  . "$guests/initramfs/tree.sh"
  say "$name: packing"
  make_root "$work/root"
  pack_root "$work/root" "$out/$result"
}
