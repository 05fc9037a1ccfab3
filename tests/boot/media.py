"""From the disk and from the CD that guests/build made: firmware, GRUB, Linux, a command, power-off."""

import sys
import tempfile

from machine import PROMPT, Machine, media_options

SKIPPED = 77


def boot(medium):
    """False if there is nothing to boot."""
    with tempfile.TemporaryDirectory(prefix="quince-boot-") as folder:
        options = media_options(medium, folder)
        if options is None:
            return False
        with Machine(*options) as machine:
            machine.expect("GNU GRUB")
            machine.type("\r")
            machine.expect("GUEST-READY")
            machine.expect(PROMPT)
            machine.type("echo $((6 * 7)) seen\r")
            machine.expect("42 seen")
            machine.type("poweroff -f\r")
            if machine.wait() != 0:
                raise AssertionError(f"{medium}: power-off")
        return True


def main():
    if not all([boot(medium) for medium in ("disk", "cd")]):
        print("no disk or CD (guests/build makes them)")
        sys.exit(SKIPPED)


main()
