# shellcheck shell=bash
# The menu of our disk and CD: what GRUB starts, on which console.
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share

grub_menu() { # KERNEL INITRD ARGUMENTS: paths on GRUB's root; no INITRD: an empty word
  local initrd=
  [ -z "$2" ] || initrd="initrd $2"
  cat <<END
insmod gzio
set timeout=2
set default=0
menuentry "Linux on the serial line" {
  linux $1 $3 console=ttyPZ0
  $initrd
}
menuentry "Linux on the screen" {
  linux $1 $3 console=ttyPZ0 console=tty0
  $initrd
}
END
}

# What the menus above, and whoever edits them, may need.
grub_modules="normal linux gzio part_apple hfs hfsplus ext2 iso9660 boot ls cat echo configfile search test reboot halt minicmd"
