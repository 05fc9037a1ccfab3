"""A user's day: a new disk, a system installed on it from the CD and booted from it, CDs changed while it runs, a
screenshot, and the close button at the end. day.py [FORMAT]: the disk as an image of that format (raw)."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "boot"))
# pylint: disable=wrong-import-position
from desktop import Desktop, missing
from machine import PROMPT, QUINCE, Machine, built
from screen import check, penguin, screenshot

SKIPPED = 77
PARTED = shutil.which("parted", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
SIZE = "96M"
# Apple's map, GRUB's partition for the firmware, and the rest for Linux.
PARTITION = """
mac-partition /dev/sda boot:Apple_HFS:2 root:Apple_UNIX_SVR2:0
grep sda /proc/partitions
mke2fs -L day /dev/sda3
"""
COPY = """
mkdir /mnt/cd /mnt/disk
mount -o ro /dev/sr0 /mnt/cd
dd if=/mnt/cd/boot/boot.hfs of=/dev/sda2 bs=64k
mount /dev/sda3 /mnt/disk
cp -a /bin /etc /init /root /sbin /test /usr /mnt/disk
mkdir -p /mnt/disk/proc /mnt/disk/sys /mnt/disk/dev /mnt/disk/tmp /mnt/disk/mnt /mnt/disk/boot/grub
cp /mnt/cd/boot/vmlinux.gz /mnt/disk/boot
echo insmod gzio >/mnt/disk/boot/grub/grub.cfg
echo linux /boot/vmlinux.gz root=/dev/sda3 rw rootwait console=tty0 console=ttyPZ0 >>/mnt/disk/boot/grub/grub.cfg
echo boot >>/mnt/disk/boot/grub/grub.cfg
disk-check write /mnt/disk/root 5 2
umount /mnt/disk
"""


def execute(machine, lines):
    """Types them one by one; each must succeed."""
    for command in lines.strip().splitlines():
        machine.type(command + "\r")
        machine.expect(PROMPT)
        machine.type("echo status=$?\r")
        seen = machine.expect(r"\nstatus=\d+\n")
        check("status=0" in seen, f"{command}: {seen}")
        machine.expect(PROMPT)


def install(disk, cd):
    with Machine("--disk", str(disk), "--cd", cd, "--boot", "cd", "--display", "window") as machine:
        machine.expect("GUEST-READY")
        machine.expect(PROMPT)
        for lines in (PARTITION, COPY):
            execute(machine, lines)
        machine.type("poweroff -f\r")
        check(machine.wait() == 0, "status after power-off")


def check_partitions(disk):
    """By parted's word."""
    told = subprocess.run([PARTED, "-sm", disk, "unit", "s", "print"], stdout=subprocess.PIPE, check=True, text=True)
    partitions = [line.split(":") for line in told.stdout.splitlines()[2:]]
    found = [(name, kind) for _, _, _, _, kind, name, _ in partitions[:3]]
    check(found == [("Apple", ""), ("boot", "hfs"), ("root", "ext2")], told.stdout)


def make_cd(folder, name):
    tree = Path(folder) / f"tree-{name}"
    tree.mkdir()
    (tree / "title").write_text(f"this is {name}\n", encoding="ascii")
    image = f"{folder}/{name}.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-V", name, "-o", image, tree], check=True,
                   stderr=subprocess.DEVNULL)
    return image


def order(path, command, **arguments):
    """To the monitor."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        lines = line.makefile("r", encoding="utf-8")
        lines.readline()  # the greeting
        line.sendall(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
        answer = json.loads(lines.readline())
        check("error" not in answer, answer)


def read_cd(machine, title):
    machine.type("mount -o ro /dev/sr0 /mnt && cat /mnt/title && umount /mnt\r")
    machine.expect(f"\nthis is {title}\n")
    machine.expect(PROMPT)


def use(desktop, disk, folder):
    monitor = f"{folder}/monitor"
    first, second = make_cd(folder, "first"), make_cd(folder, "second")
    with Machine("--disk", str(disk), "--display", "window", "--monitor", f"unix:{monitor}") as machine:
        machine.expect("GUEST-READY")
        machine.expect(PROMPT)
        window = desktop.window()
        execute(machine, "grep '^/dev/root / ext' /proc/mounts\ndisk-check verify /root 5 1")
        for image, title in ((first, "first"), (second, "second")):
            order(monitor, "cd", file=image)
            read_cd(machine, title)
        check(penguin(screenshot(desktop, window)), "there is no penguin on the screenshot")
        desktop.close(window)
        machine.expect("GUEST-POWER-KEY")
        machine.expect("Power down")
        check(machine.wait() == 0, "status after the close button")


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else "raw"
    cd = built("cd")
    lacking = missing() or (not cd and "no CD (guests/build cd makes it)") or \
        (not shutil.which("xorriso") and "not installed: xorriso")
    if lacking:
        print(lacking)
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="quince-day-") as folder, Desktop() as desktop:
        os.chdir(folder)
        disk = Path(folder) / "mac.img"
        subprocess.run([QUINCE, "image", "create", disk, SIZE], check=True)
        if kind != "raw":
            converted = disk.with_suffix("." + kind)
            subprocess.run(["qemu-img", "convert", "-O", kind, disk, converted], check=True)
            disk = converted
        install(disk, cd)
        if kind == "raw" and PARTED:
            check_partitions(disk)
        use(desktop, disk, folder)


main()
