# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# The same with what tests run: our own programs, below /test.
needs="busybox programs"
tools="cpio gzip"
files="initramfs"
result=initramfs.cpio.gz

make_product() {
  # shellcheck source=guests/initramfs/tree.sh
  . "$guests/initramfs/tree.sh"
  say "$name: packing"
  make_root "$work/root"
  mkdir "$work/root/test"
  cp "$(directory_of programs)"/* "$work/root/test"
  rm "$work/root/test/seconds"
  pack_root "$work/root" "$out/$result"
}
