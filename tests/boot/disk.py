"""Files survive: a power-off, a restart, and the emulator's sudden death as far as the guest had them flushed.

disk.py [DEATHS [MEGABYTES]]: how often the emulator is killed, how much is written before power-off and restart."""

import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import PROMPT, Machine, guests, linux_options, run_to_end

SKIPPED = 77
DISK_MEGABYTES = 128
E2FSCK_CLEAN, E2FSCK_CORRECTED = 0, 1


def tool(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def append(command):
    return ["--append", f'console=ttyPZ0 guest.run="{command}"']


def write_files(megabytes):
    """Commands, short enough to be typed: a large file, small files, and the sums of all."""
    return ["mount /dev/sda /mnt; cd /mnt", f"dd if=/dev/urandom of=large bs=64k count={16 * megabytes}",
            "for n in $(seq 200); do head -c $((n * 97)) large > small$n; done", "md5sum * > /mnt/sums; sync"]


VERIFY_FILES = ["mount /dev/sda /mnt; cd /mnt", "md5sum -c sums > /tmp/log", "echo BAD $? FILES $(grep -c OK /tmp/log)"]
VERIFIED = "BAD 0 FILES 201"


def check_clean(disk):
    check = tool("e2fsck", "-fn", disk)
    if check.returncode != E2FSCK_CLEAN:
        raise AssertionError(check.stdout.decode())


def patience(megabytes):
    return 150 + 5 * megabytes


def power_off_and_again(disk, megabytes):
    """Large and small files, checked by a second boot and by the host's e2fsck."""
    for commands, expected in ((write_files(megabytes), "GUEST-EXIT rc=0"), (VERIFY_FILES, VERIFIED)):
        options = [*linux_options(), *append("; ".join(commands)), "--disk", disk]
        result = run_to_end(*options, timeout=patience(megabytes))
        output = result.stdout.decode("latin-1")
        if result.returncode != 0 or expected not in output:
            raise AssertionError(f"status {result.returncode}, no {expected!r} in:\n{output[-3000:]}")
        check_clean(disk)


def restart_and_again(disk, megabytes):
    """The same, but the second boot is of the same machine, restarted by the guest."""
    wait = patience(megabytes)
    options = [*linux_options(), "--append", "console=ttyPZ0", "--disk", disk]
    with Machine(*options, timeout=2 * wait) as machine:
        machine.expect("GUEST-READY")
        machine.expect(PROMPT)

        def run(command):
            machine.type(command + "\r")
            return machine.expect(PROMPT, wait)

        for command in (*write_files(megabytes), "cd /; umount /mnt"):
            run(command)
        machine.type("reboot -f\r")
        machine.expect("GUEST-READY")
        machine.expect(PROMPT)
        output = "".join(map(run, VERIFY_FILES))
        if VERIFIED not in output:
            raise AssertionError(f"no {VERIFIED!r} in:\n{output}")
        run("cd /; umount /mnt")
        machine.type("poweroff -f\r")
        if machine.wait() != 0:
            raise AssertionError("power-off")
    check_clean(disk)


def repair(disk):
    """The guest was not asked to unmount: repairs, but only harmless ones. Linux writes a new file's inode before its
    name; e2fsck wants to be asked what to do with a file that has no name yet."""
    check = tool("e2fsck", "-fp", disk)
    if b"Unattached inode" in check.stdout:
        check = tool("e2fsck", "-fy", disk)
    if check.returncode not in (E2FSCK_CLEAN, E2FSCK_CORRECTED):
        raise AssertionError(check.stdout.decode())


def content(number):
    return (f"{number}\n" * 10000).encode()[:1024 * (number % 9 + 1)]


def death(disk, moment):
    """The guest says so after each fsync; what it said must be there."""
    command = ("mount /dev/sda /mnt; cd /mnt; n=1; while yes $n | head -c $((1024 * (n % 9 + 1))) > plain$n; do "
               "dd if=plain$n of=safe$n conv=fsync 2> /dev/null && echo SAFE $n; n=$((n + 1)); done")
    with Machine(*linux_options(), *append(command), "--disk", disk) as machine:
        text = machine.expect(r"SAFE 1\n")
        time.sleep(moment)
        machine.process.kill()
        machine.process.wait()
        while data := machine.line.recv(65536):
            machine.text += data.decode("latin-1").replace("\r", "")
        text += machine.text
    last = max(int(number) for number in re.findall(r"SAFE (\d+)\n", text))
    repair(disk)
    for number in range(1, last + 1):
        found = subprocess.run(["debugfs", "-R", f"cat /safe{number}", disk], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, check=True).stdout
        if found != content(number):
            raise AssertionError(f"killed after {moment:.2f} s: file {number} of {last} is not what was flushed")
    return last


def main(deaths=2, megabytes=16):
    if not guests() or not all(map(shutil.which, ("mke2fs", "e2fsck", "debugfs"))):
        print("needs a guest kernel and e2fsprogs")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="quince-boot-") as folder:
        disk, fresh = str(Path(folder) / "disk.img"), str(Path(folder) / "fresh.img")
        made = tool("mke2fs", "-q", "-F", "-t", "ext2", fresh, f"{DISK_MEGABYTES}M")
        if made.returncode != 0:
            raise AssertionError(made.stdout.decode())
        for survive in (power_off_and_again, restart_and_again):
            shutil.copy(fresh, disk)
            start = time.monotonic()
            survive(disk, megabytes)
            print(f"{survive.__name__}: {megabytes} MB, {time.monotonic() - start:.0f} s", flush=True)
        moments = random.Random(1)
        for _ in range(deaths):
            shutil.copy(fresh, disk)
            print("files safe:", death(disk, moments.uniform(0.05, 4)), flush=True)


main(*map(int, sys.argv[1:]))
