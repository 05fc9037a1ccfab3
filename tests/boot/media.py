"""From the disk and from the CD that guests/build made: firmware, GRUB, Linux, a command, power-off."""

import sys
import tempfile

from machine import Machine, from_grub_to_power_off, media_options

SKIPPED = 77


def boot(medium):
    """False if there is nothing to boot."""
    with tempfile.TemporaryDirectory(prefix="quince-boot-") as folder:
        options = media_options(medium, folder)
        if options is None:
            return False
        with Machine(*options) as machine:
            from_grub_to_power_off(machine, "poweroff -f")
        return True


def main():
    if not all([boot(medium) for medium in ("disk", "cd")]):
        print("no disk or CD (guests/build makes them)")
        sys.exit(SKIPPED)


main()
