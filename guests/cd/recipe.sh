# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# A CD for Open Firmware: GRUB starts Linux with the file system of test-initramfs. Who installs that on a disk finds
# a boot partition for it in boot/boot.hfs.
needs="kernel test-initramfs grub"
tools="grub-mkrescue xorriso hformat grub-mkimage"
files="grub"
result=cd.iso

make_product() {
  # shellcheck source=guests/grub/boot-partition.sh
  . "$guests/grub/boot-partition.sh"
  local tree=$work/tree
  rm -rf "$tree"
  mkdir -p "$tree/boot/grub"
  cp "$(directory_of kernel)/vmlinux.gz" "$(path_of test-initramfs)" "$tree/boot"
  make_boot_partition "$tree/boot/boot.hfs"
  grub_menu /boot/vmlinux.gz /boot/initramfs.cpio.gz "" >"$tree/boot/grub/grub.cfg"
  find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  quietly "making the CD" grub-mkrescue -d "$(directory_of grub)/powerpc-ieee1275" --install-modules="$grub_modules" \
    --fonts= --locales= --themes= -o "$out/$result" "$tree" -- -volid QUINCE
}
