# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that guests/build, common.sh and the recipes share
# Our own test programs, one C file each, as static programs for any 32-bit PowerPC.
tools="powerpc-linux-gnu-gcc"
result=disk-check

make_product() {
  local source program
  for source in "$recipe"/*.c; do
    program=$(basename "$source" .c)
    quietly "compiling $program" powerpc-linux-gnu-gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -mcpu=750 \
      -static -s -o "$out/$program" "$source" -lm -pthread
  done
}
