#!/usr/bin/env python3
"""Malformed files: kernels, programs, firmware, disks, CDs, images of other programs, overlays, configurations. Each is
a sound file that was changed in a few places; Quince uses it, or refuses it in one clear line, and never changes it.

malformed.py FOLDER COUNT [--first N] [--kind NAME] [--keep FOLDER]    QUINCE names the program

FOLDER is where the build has put the hostile guests. Input N is the same in each run: --first N with COUNT 1 repeats
it. An input that fails is kept in --keep, or in malformed-findings in the current folder."""

import argparse
import collections
import concurrent.futures
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "boot"))
from udif import write_udif  # noqa: E402 (the folder had to be named)

QUINCE = os.environ["QUINCE"]
for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(variable, None)

PATIENCE = 10  # seconds for one input
USAGE, UNUSABLE, STUCK, TIMEOUT, DEFECT = 2, 3, 4, 124, 70
LONGEST_LINE = 600
KIB = 1 << 10


# --- Sound files ---

def elf(address, words, kind=2):
    """An executable of one segment."""
    header = struct.pack(">4s5B7xHHIIIIIHHHHHH", b"\x7fELF", 1, 2, 1, 0, 0, kind, 20, 1, address, 52, 0, 0, 52, 32, 2, 0, 0, 0)
    code = b"".join(struct.pack(">I", word) for word in words)
    segments = struct.pack(">8I", 1, 116, address, address, len(code), len(code), 5, 4)
    segments += struct.pack(">8I", 1, 116, address + 0x10000, address + 0x10000, 4, 64, 6, 4)
    return header + segments + code


def exits(status):
    """For Linux: exit(status)."""
    return [0x38000001, 0x38600000 | status, 0x44000002]


def partition_map():
    disk = bytearray(64 * KIB)
    disk[0:4] = b"ER\x02\x00"
    for n, (name, kind, first, count) in enumerate([("Apple", "Apple_partition_map", 1, 3), ("boot", "Apple_Bootstrap", 8, 40),
                                                     ("root", "Apple_UNIX_SVR2", 48, 80)]):
        disk[512 * (n + 1):512 * (n + 2)] = struct.pack(">2sHIII32s32s432x", b"PM", 0, 3, first, count, name.encode(),
                                                        kind.encode())
    return bytes(disk)


def pc_partitions():
    disk = bytearray(64 * KIB)
    disk[446:462] = struct.pack("<8B2I", 0x80, 0, 2, 0, 0x83, 0, 2, 0, 1, 127)
    disk[510:512] = b"\x55\xaa"
    return bytes(disk)


def file_system(offset, magic):
    disk = bytearray(64 * KIB)
    disk[offset:offset + len(magic)] = magic
    return bytes(disk)


def compact_disc():
    disc = bytearray(80 * KIB)
    disc[0x8000:0x8006] = b"\x01CD001"
    disc[0x8800:0x8806] = b"\xffCD001"
    return bytes(disc)


def configurations():
    return [text.encode() for text in (
        'ram = "64M"\nboot = "prompt"\nserial = "null"\ndisplay = "none"\n',
        '# a machine\nram = "128M"\ncpu = "7400"\ndisk = [{file = "base.img", overlay = "changes"}, {file = "base.img", readonly = true}]\n'
        'cd = "base.iso"\nserial = "null"\n',
        'board = "bare"\nimage = "base.elf"\nengine = "interpreter"\nclock = "instructions"\ntimeout = 0.5\n',
        'kernel = "base.elf"\nappend = "console=ttyPZ0 \\"quoted\\" \\u00e9"\nscreen = "640x480x8"\nuntil = """x\ny"""\n',
        'log = ["devices", "interrupts"]\nlog-limit = 10\nprofile = true\njit-off = "calls"\ncode-cache = "1M"\n'
        'swap-command-option = false\nnet = "none"\n')]


def made_by_qemu(folder, kind):
    raw, image = folder / "base.img", folder / f"image.{kind}"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", kind, raw, image], check=True)
    return image.read_bytes()


def overlay(folder):
    """One of ours, as Quince makes it for base.img."""
    made = folder / "made.overlay"
    subprocess.run([QUINCE, "run", "--disk", f"{folder}/base.img,overlay={made}", "--boot", "prompt", "--serial", "null",
                    "--timeout", "0.05"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    return made.read_bytes()


class Seeds:
    """Sound files of each kind; a list of contents."""

    def __init__(self, folder, guests):
        self.folder = folder
        base = {"base.img": partition_map(), "base2.img": pc_partitions(), "base.iso": compact_disc(),
                "base.elf": elf(0x1000, [0x48000000])}
        for name, content in base.items():
            (folder / name).write_bytes(content)
        write_udif(folder / "base.img", folder / "base.dmg")
        qemu = bool(shutil.which("qemu-img") and shutil.which("qemu-nbd"))
        guest = (guests / "jumps.bare").read_bytes()
        self.kinds = {
            "bare": [elf(0x1000, [0x48000000]), elf(0x1000, [0x3d20f100, 0x38600007, 0x90690004, 0x48000000]), guest],
            "kernel": [elf(0, [0x48000000]), elf(0xc0000000, [0x48000000]), guest],
            "firmware": [elf(0xfff00100, [0x48000000]), (guests / "jumps.g3").read_bytes()],
            "program": [elf(0x10000000, exits(5)), elf(0, exits(5), 3)],
            "disk": [partition_map(), pc_partitions(), file_system(1024, b"BD"), file_system(1024, b"H+"),
                     file_system(1080, b"\x53\xef")],
            "cd": [compact_disc()],
            "configuration": configurations(),
        }
        if qemu:
            self.kinds |= {kind: [made_by_qemu(folder, kind)] for kind in ("qcow2", "vmdk", "vdi")}
            self.kinds["dmg"] = [(folder / "base.dmg").read_bytes()]
        self.kinds["overlay"] = [overlay(folder)]
        self.unchanged = {name: content for name, content in base.items() if name != "base2.img"}


# Out of so many inputs; images that need another program take longest.
WEIGHTS = {"bare": 18, "kernel": 12, "firmware": 14, "program": 14, "disk": 12, "cd": 6, "configuration": 14, "qcow2": 3,
           "vmdk": 2, "vdi": 2, "dmg": 1, "overlay": 2}


# --- Changing them ---

NUMBERS = [0, 1, 2, 4, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe,
           0xffffffff, 0x100000000, 0x7fffffffffffffff, 0xffffffffffffffff]
WORDS = [b"ram", b"disk", b"image", b"= [", b"]", b"{", b"}", b'"', b"'''", b"=", b"\n", b"[[", b"[a.b]", b"#", b"\\u0000",
         b"\xff\xfe", b"9" * 400, b"1e999", b"-1", b"nan", b"inf", b"true", b"1979-05-27", b'"' + b"x" * 5000 + b'"',
         b"[" * 300, b"\x1b[2J", b"--", b",", b"0x", b"T", b"999999999999T", b"\0"]


def place(rng, content):
    """Rather near the beginning, where headers are, or at the very end."""
    how = rng.random()
    most = len(content) if how > 0.9 else min(len(content), 512) if how > 0.3 else min(len(content), 160)
    at = rng.randrange(max(1, most))
    return len(content) - 1 - at if rng.random() < 0.06 and content else at


def put_number(rng, content):
    size, order = rng.choice((1, 2, 4, 8)), rng.choice(("big", "little"))
    at = place(rng, content) // size * size
    value = rng.choice(NUMBERS) if rng.random() < 0.8 else rng.getrandbits(64)
    value = (value + rng.choice((0, 0, 1, -1))) % (1 << 8 * size)
    content[at:at + size] = value.to_bytes(size, order)


def flip(rng, content):
    if content:
        content[place(rng, content)] ^= 1 << rng.randrange(8)


def replace_byte(rng, content):
    if content:
        content[place(rng, content)] = rng.randrange(256)


def cut(rng, content):
    del content[rng.randrange(len(content) + 1):]


def cut_out(rng, content):
    at = place(rng, content)
    del content[at:at + rng.randrange(1, 600)]


def repeat(rng, content):
    at, count = place(rng, content), rng.randrange(1, 600)
    to = place(rng, content)
    content[to:to] = content[at:at + count]


def zeros(rng, content):
    at = place(rng, content)
    content[at:at + rng.randrange(1, 64)] = bytes(rng.randrange(1, 64))


def insert_word(rng, content):
    at = rng.randrange(len(content) + 1)
    content[at:at] = rng.choice(WORDS)


CHANGES = [put_number] * 6 + [flip, flip, replace_byte, cut, cut_out, repeat, zeros]
TEXT_CHANGES = [insert_word] * 5 + [flip, replace_byte, cut, cut_out, repeat]


def malformed(seeds, number):
    """Input N: its kind and content."""
    rng = random.Random(number)
    kinds = [kind for kind in WEIGHTS if kind in seeds.kinds]
    kind = rng.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
    content = bytearray(rng.choice(seeds.kinds[kind]))
    changes = TEXT_CHANGES if kind == "configuration" else CHANGES
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        rng.choice(changes)(rng, content)
    return kind, bytes(content), rng


# --- What becomes of them ---

HEADLESS = ["--display", "none", "--serial", "null", "--timeout", "0.05"]


def command(kind, path, folder, rng):
    run = [QUINCE, "run", *HEADLESS]
    prompt = [*run, "--boot", "prompt"]
    if kind not in ("configuration", "program", "overlay", "firmware") and rng.random() < 0.3:
        return [QUINCE, "info", path]
    return {
        "bare": [*run, "--board", "bare", "--ram", "16M", path],
        "kernel": [*run, "--kernel", path, *(["--initrd", f"{folder}/base.img"] if rng.random() < 0.3 else [])],
        "firmware": [*run, "--firmware", path],
        "program": [QUINCE, "exec", "--timeout", "0.2", path],
        "disk": [*prompt, "--disk", path],
        "cd": [*prompt, "--cd", path],
        "configuration": [QUINCE, "run", *HEADLESS, path],
        "overlay": [*prompt, "--disk", f"{folder}/base.img,overlay={path}"],
    }.get(kind, [*prompt, "--disk", path + ",readonly"] if rng.random() < 0.6
          else [*prompt, "--disk", f"{path},overlay={path}.changes"])


def complaint(kind, status, errors):
    """What is wrong with how Quince ended, if anything."""
    if status < 0:
        return f"ended by signal {-status}"
    lines = errors.decode("utf-8", errors="backslashreplace").split("\n")
    if lines.pop() != "" and errors:
        return "its last line has no end"
    if any("internal error" in line for line in lines):
        return "says that it is a defect of ours"
    refused = status in (USAGE, UNUSABLE) or status == STUCK and kind != "program"
    if refused and len(lines) != 1 and kind not in ("bare", "program"):  # these may end with any status of their own
        return f"status {status} with {len(lines)} lines"
    for line in lines:
        if not line.startswith("quince: ") or len(line) > LONGEST_LINE or re.search(r"[\x00-\x1f\x7f]", line):
            return "a line that is not clear"
    if lines and not refused and status != TIMEOUT and kind not in ("bare", "program", "firmware"):
        return f"complains, but ends with status {status}"
    return None


class Tester:
    def __init__(self, seeds, keep):
        self.seeds, self.keep = seeds, keep
        self.lock = threading.Lock()
        self.statuses = collections.defaultdict(collections.Counter)
        self.failed = 0

    def test(self, number):
        kind, content, rng = malformed(self.seeds, number)
        with tempfile.TemporaryDirectory(dir=self.seeds.folder) as name:
            # A configuration names files beside it.
            own = Path(name)
            for base in self.seeds.unchanged if kind == "configuration" else ():
                os.link(self.seeds.folder / base, own / base)
            path = own / ("input.toml" if kind == "configuration" else "input")
            path.write_bytes(content)
            words = command(kind, str(path), str(self.seeds.folder), rng)
            why = self.run(kind, words, own)
            if not why and kind != "overlay" and path.read_bytes() != content:
                why = "the input has changed"
        if why:
            with self.lock:
                self.failed += 1
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / f"{number}-{kind}").write_bytes(content)
            print(f"input {number}, {kind}: {why}\n  {' '.join(words)}", flush=True)

    def run(self, kind, words, folder):
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  cwd=folder, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return f"not done after {PATIENCE} s"
        with self.lock:
            self.statuses[kind][done.returncode] += 1
        why = complaint(kind, done.returncode, done.stderr)
        return why and f"{why}: status {done.returncode}, {done.stderr[:2000]!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("guests", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kind", choices=WEIGHTS)
    parser.add_argument("--keep", type=Path, default=Path("malformed-findings"))
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quince-malformed-") as name:
        seeds = Seeds(Path(name), arguments.guests)
        if arguments.kind:
            seeds.kinds = {arguments.kind: seeds.kinds[arguments.kind]}
        tester = Tester(seeds, arguments.keep.absolute())
        numbers = range(arguments.first, arguments.first + arguments.count)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for number, _ in enumerate(pool.map(tester.test, numbers), 1):
                if number % 5000 == 0:
                    print(f"{number} inputs, {tester.failed} failed", flush=True)
        changed = [base for base, content in seeds.unchanged.items() if (seeds.folder / base).read_bytes() != content]
    for kind, counts in sorted(tester.statuses.items()):
        print(f"{kind}: " + ", ".join(f"{count} with status {status}" for status, count in sorted(counts.items())))
    print(f"{arguments.count} inputs, {tester.failed} failed" + "".join(f", {base} changed" for base in changed))
    return 1 if tester.failed or changed else 0


if __name__ == "__main__":
    sys.exit(main())
