"""The disk of guests/build as images of other programs: what `quince info` says, a boot to the prompt, power-off.
formats.py FORMAT..."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import QUINCE, Machine, built, from_grub_to_power_off, run_to_end

SKIPPED = 77
UNUSABLE_IMAGE = 3


def refused(image):
    result = run_to_end(str(image), timeout=30)
    lines = result.stderr.decode().splitlines()
    if result.returncode != UNUSABLE_IMAGE or len(lines) != 1 or not lines[0].startswith("quince: "):
        raise AssertionError(f"status {result.returncode}, {lines}")


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
            refused(image)
            image.unlink()


main()
