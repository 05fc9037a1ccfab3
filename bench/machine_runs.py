"""Whole machines, ours and QEMU's, that boot Linux with the serial line on standard output: what they print, and the
host's processor time at each line."""

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PEER = "qemu-system-ppc"
MEMORY = "256"  # MiB
READY, POWERED_OFF = "GUEST-READY", "reboot: Power down"
NOTHING_TO_BOOT = "No valid state has been set"  # says OpenBIOS, and waits for somebody to type
NO_DISK = "the firmware found nothing to boot"


@dataclass(frozen=True)
class Boot:
    """A kernel with an initial RAM disk, or a disk."""
    kernel: Path = None
    initrd: Path = None
    append: str = ""
    disk: Path = None

    def ours(self, quince, *options):
        what = [self.disk] if self.disk else ["--kernel", self.kernel, "--initrd", self.initrd, "--append", self.append]
        return [quince, "run", "--ram", MEMORY + "M", "--display", "none", *what, *options]

    def peers(self, machine="g3beige"):
        what = (["-drive", f"file={self.disk},format=raw", "-boot", "c"] if self.disk else
                ["-kernel", self.kernel, "-initrd", self.initrd, "-append", self.append])
        return [PEER, "-M", machine, "-m", MEMORY, "-nographic", "-no-reboot", *what]


@dataclass
class MachineRun:
    """cpu_seconds and wall_seconds: from start to end. lines: (processor seconds so far, text)."""
    cpu_seconds: float = 0
    wall_seconds: float = 0
    lines: list = field(default_factory=list)
    failure: str = ""

    def text(self):
        return "\n".join(line for _, line in self.lines)


def processor_seconds(pid):
    """Of all threads of a process, to the nanosecond. 0 if it has ended."""
    total = 0
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return 0
    for task in tasks:
        try:
            total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except (OSError, IndexError):
            pass  # a thread that has just ended
    return total / 1e9


def run(command, timeout=600):
    """Runs a machine until it ends by itself. Whatever goes wrong is in `failure`."""
    one = MachineRun()
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    try:
        process = subprocess.Popen(["timeout", "-k", "5", str(timeout), *map(str, command)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        one.failure = error.strerror
        return one
    child, taken = 0, 0.0
    for line in process.stdout:
        child = child or only_child(process.pid)
        taken = max(taken, processor_seconds(child) if child else 0.0)  # no less for the last lines of one that ended
        one.lines.append((taken, line.decode("latin-1").replace("\r", "").rstrip("\n")))
        if NOTHING_TO_BOOT in one.lines[-1][1]:
            process.terminate()
            one.failure = NO_DISK
    status = process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    one.wall_seconds = time.monotonic() - started
    one.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if one.failure:
        return one
    if status != 0:
        one.failure = f"status {status}: {one.text()[-200:]!r}"
    elif not re.search(f"{READY}.*{POWERED_OFF}", one.text(), re.DOTALL):
        one.failure = f"did not boot and power off: {one.text()[-200:]!r}"
    return one


def run_peer(command, timeout=600, tries=3):
    """Like run(). On a busy host QEMU's firmware sometimes sees no partitions: then once more, as such a run says
    nothing of the peer's speed. Ours has no second chance."""
    one = run(command, timeout)
    while one.failure == NO_DISK and tries > 1:
        print(f"{PEER}: {one.failure}; again", file=sys.stderr, flush=True)
        one = run(command, timeout)
        tries -= 1
    return one


@contextmanager
def half_a_processor():
    """What a command begins with to get half of one processor: the other half goes to a program that always wants it.
    A machine that is so much slower, while the waits of its guest last as long as ever."""
    alone = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
    while_wanted = f"while [ -d /proc/{os.getpid()} ]; do :; done"  # no longer than this program, however that ends
    with subprocess.Popen([*alone, "sh", "-c", while_wanted]) as neighbour:
        try:
            yield alone
        finally:
            neighbour.kill()


def only_child(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(found[0]) if found else 0


def missing_peer():
    return "" if shutil.which(PEER) else f"{PEER} is not installed"


def disk_without_menu(image, command, folder):
    """A copy of a disk image whose GRUB starts Linux at once, which runs the command (one word) and powers off. The
    menu is a file on the third partition, ext2."""
    disk = Path(folder) / "disk.img"
    if image.suffix == ".xz":
        with open(disk, "wb") as out:
            subprocess.run(["xz", "-dc", image], stdout=out, check=True)
    else:
        shutil.copy(image, disk)
        disk.chmod(0o644)
    partition = f"{disk}?offset={partition_offset(disk, 3)}"
    menu = subprocess.run(["debugfs", "-R", "cat /boot/grub/grub.cfg", partition], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True, text=True).stdout
    menu, timeouts = re.subn(r"set timeout=\d+", "set timeout=0", menu)
    menu, entries = re.subn(r"(?m)^(.*\blinux .*console=ttyPZ0)[ \t]*$", rf"\1 guest.run={command}", menu)
    if not timeouts or not entries:
        raise RuntimeError(f"{image}: no menu that could be changed: {menu}")
    changed = Path(folder) / "grub.cfg"
    changed.write_text(menu, encoding="ascii")
    for order in ("rm /boot/grub/grub.cfg", f"write {changed} /boot/grub/grub.cfg"):
        subprocess.run(["debugfs", "-w", "-R", order, partition], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)
    return disk


def partition_offset(disk, number):
    """Of an Apple partition map: entries of a block each, from block 1; the start is the third word."""
    with open(disk, "rb") as file:
        file.seek(512 * number)
        entry = file.read(512)
    if entry[:2] != b"PM":
        raise RuntimeError(f"{disk}: no Apple partition map")
    return 512 * int.from_bytes(entry[8:12], "big")
