# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# The partition from which the firmware takes GRUB: HFS, with a file of type tbxi in the blessed folder.
# The recipe's tools: hformat grub-mkimage; its needs: grub.
boot_sectors=4096 # of 512 bytes

make_boot_partition() { # FILE
  # shellcheck source=guests/grub/menu.sh
  . "$guests/grub/menu.sh"
  export HOME=$work # hfsutils keep notes there
  local modules
  modules=$(directory_of grub)/powerpc-ieee1275
  cat >"$work/early.cfg" <<'END'
search --file --set=root /boot/vmlinux.gz
set prefix=($root)/boot/grub
configfile /boot/grub/grub.cfg
END
  # shellcheck disable=SC2086 # a list of words
  quietly "making GRUB" grub-mkimage -O powerpc-ieee1275 -d "$modules" -c "$work/early.cfg" -p /boot/grub \
    -o "$work/grub.elf" $grub_modules
  truncate -s $((boot_sectors * 512)) "$1"
  quietly "formatting the boot partition" hformat -l boot "$1"
  hmkdir :System
  hcopy -r "$guests/grub/boot-script" :System:boot-script
  hcopy -r "$work/grub.elf" :System:grub.elf
  hattrib -t tbxi -c chrp :System:boot-script
  hattrib -t boot -c UNIX :System:grub.elf
  hattrib -b :System
  humount
}
