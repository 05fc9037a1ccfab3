# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# A hard disk with an Apple partition map: 1 the map, 2 HFS with GRUB for the firmware, 3 ext2, the root of Linux
# with our test programs. The file is sparse: most of it is room for the guest.
needs="kernel busybox programs grub"
tools="parted hformat grub-mkimage mke2fs gzip dd"
files="initramfs grub"
result=disk.img

# In sectors of 512 bytes.
boot_start=64
root_start=4160 root_sectors=$((240 * 2048))

make_product() {
  # shellcheck source=guests/initramfs/tree.sh
  . "$guests/initramfs/tree.sh"
  # shellcheck source=guests/grub/boot-partition.sh
  . "$guests/grub/boot-partition.sh"
  local image=$out/$result
  truncate -s $(((root_start + root_sectors + 64) * 512)) "$image"
  quietly "partitioning" parted -s "$image" mklabel mac \
    mkpart boot hfs ${boot_start}s $((boot_start + boot_sectors - 1))s \
    mkpart root ext2 ${root_start}s $((root_start + root_sectors - 1))s
  make_boot_partition "$work/boot"
  make_root_partition "$work/root.ext2"
  dd if="$work/boot" of="$image" bs=512 seek=$boot_start conv=notrunc,sparse status=none
  dd if="$work/root.ext2" of="$image" bs=512 seek=$root_start conv=notrunc,sparse status=none
}

make_root_partition() { # FILE
  local root=$work/root
  make_root "$root"
  mkdir -p "$root/test" "$root/boot/grub"
  cp "$(directory_of programs)"/* "$root/test"
  rm "$root/test/seconds"
  cp "$(directory_of kernel)/vmlinux.gz" "$root/boot/vmlinux.gz"
  grub_menu /boot/vmlinux.gz "" "root=/dev/sda3 rw rootwait" >"$root/boot/grub/grub.cfg"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  truncate -s $((root_sectors * 512)) "$1"
  quietly "formatting the root partition" env E2FSPROGS_FAKE_TIME="$SOURCE_DATE_EPOCH" mke2fs -t ext2 -L quince \
    -U 9d1f6c1e-5a8e-4c0c-9a53-0d5b6f3c7a10 \
    -E root_owner=0:0,hash_seed=9d1f6c1e-5a8e-4c0c-9a53-0d5b6f3c7a10 -d "$root" "$1"
}
