# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# GRUB for Open Firmware: Debian builds it for ppc64el, but its modules are 32-bit and run on any PowerPC.
tools="dpkg-deb"
debian="grub-ieee1275-bin:ppc64el"
result=powerpc-ieee1275

make_product() {
  fetch_package "$debian" "$work/package"
  mv "$work/package/usr/lib/grub/powerpc-ieee1275" "$out/$result"
}
