"""The disk of guests/build as images of other programs: what `quince info` says, a boot to the prompt, power-off.
formats.py FORMAT..."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import QUINCE, Machine, built, check_refused, from_grub_to_power_off

SKIPPED = 77


def boot(image):
    with Machine(str(image)) as machine:
        from_grub_to_power_off(machine, "sync; poweroff -f")


def main():
    disk = built("disk")
    if disk is None or not all(map(shutil.which, ("qemu-img", "qemu-nbd"))):
        print("no disk (guests/build makes one), or no qemu-utils")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="quince-formats-") as folder:
        for kind in sys.argv[1:]:
            image = Path(folder) / kind
            subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", kind, disk, image], check=True)
            about = subprocess.run([QUINCE, "info", image], stdout=subprocess.PIPE, check=True, text=True).stdout
            if f"{kind}: " not in about or "Apple partition map" not in about:
                raise AssertionError(about)
            boot(image)
            subprocess.run(["qemu-img", "info", "-f", kind, image], check=True, stdout=subprocess.DEVNULL)
            with image.open("r+b") as file:
                file.truncate(600)
            check_refused(str(image))
            image.unlink()


main()
