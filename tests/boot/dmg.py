"""DMG images, made of the CD and of the disk of guests/build: `quince info`, a boot, and one line for each broken one."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import QUINCE, Machine, built, check_refused, from_grub_to_power_off
from udif import write_udif

SKIPPED = 77


def boot(*options):
    with Machine(*options) as machine:
        from_grub_to_power_off(machine, "sync; poweroff -f")


def check_info(image, text):
    about = subprocess.run([QUINCE, "info", image], stdout=subprocess.PIPE, check=True, text=True).stdout
    if text not in about:
        raise AssertionError(about)


def broken(image):
    """The bytes of a DMG, with one thing wrong each time."""
    data = image.read_bytes()
    plist, table, trailer = data.index(b"<?xml"), data.index(b"<data>") + 6, len(data) - 512

    def patched(offset, new):
        return data[:offset] + new + data[offset + len(new):]

    yield data[:600]
    yield data[:-100]
    yield data[:trailer // 2] + data[trailer:]  # a piece is missing
    yield data[:plist - 5000] + data[plist:]
    yield patched(plist, bytes(trailer - plist))
    yield patched(table, b"AAAA")
    yield patched(trailer + 0xd8, b"\x7f" + b"\xff" * 7)  # the list is said to be far away,
    yield patched(trailer + 0xe0, b"\x7f" + b"\xff" * 7)  # or long
    yield patched(trailer + 0x1ec, b"\xff" * 8)           # many sectors
    yield patched(0, b"\xee" * 5000)                      # what is no zlib stream


def check_dmg(disk, cd, folder):
    """Read-only: the CD as it is, the disk below an overlay."""
    image, changes = folder / "image.dmg", folder / "changes"
    write_udif(cd, image)
    subprocess.run(["qemu-img", "compare", "-f", "dmg", "-F", "raw", image, cd], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    check_info(image, "dmg: CD image")
    boot("--cd", str(image))
    for data in broken(image):
        image.write_bytes(data)
        line = check_refused("--cd", str(image))
        if "module" in line:  # qemu-nbd names what it lacks for other images, too
            raise AssertionError(line)
    write_udif(disk, image)
    check_info(image, "dmg: disk image with an Apple partition map")
    boot("--disk", f"{image},overlay={changes}")


def main():
    disk, cd = built("disk"), built("cd")
    if disk is None or cd is None or not all(map(shutil.which, ("qemu-img", "qemu-nbd"))):
        print("no disk or CD (guests/build makes them), or no qemu-utils")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="quince-dmg-") as folder:
        check_dmg(disk, cd, Path(folder))


main()
