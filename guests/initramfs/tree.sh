# shellcheck shell=bash
# shellcheck disable=SC2154 # variables that guests/build, common.sh and the recipes share
# The root file system of our guests: BusyBox and an init. For the initramfs and for the disk.

make_root() { # DIRECTORY
  local root=$1 busybox link
  busybox=$(directory_of busybox)
  rm -rf "$root"
  mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,root,mnt,etc}
  cp "$busybox/busybox" "$root/bin/busybox"
  while read -r link; do
    mkdir -p "$root${link%/*}"
    [ -e "$root$link" ] || ln -s /bin/busybox "$root$link"
  done <"$busybox/busybox.links"
  install -m 755 "$guests/initramfs/init" "$root/init"
  ln -sf /init "$root/sbin/init"
  cp "$guests/initramfs/profile" "$root/etc/profile"
  mkdir -p "$root/etc/acpi/PWRF"
  install -m 755 "$guests/initramfs/power-key" "$root/etc/acpi/PWRF/00000080" # where BusyBox' acpid looks
  echo "root::0:0:root:/root:/bin/sh" >"$root/etc/passwd"
  echo "root:x:0:" >"$root/etc/group"
}

pack_root() { # DIRECTORY FILE: as the kernel unpacks it
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  (cd "$1" && find . | sort | cpio -o -H newc -R 0:0 --quiet --reproducible | gzip -9n) >"$2"
}
