"""What can't be used is refused in one line, with the status of the contract."""

import os
import random
import struct
import tempfile
from pathlib import Path

from machine import check_refused, run_to_end

USAGE, UNUSABLE_IMAGE, STUCK, TIMEOUT = 2, 3, 4, 124
ROM_BYTES = 4 << 20


def elf(physical=0, machine=20):
    """A PowerPC executable of one instruction: branch to itself."""
    header = struct.pack(">4s5B7xHHIIIIIHHHHHH", b"\x7fELF", 1, 2, 1, 0, 0, 2, machine, 1, physical, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack(">8I", 1, 84, physical, physical, 4, 4, 5, 4)
    return header + segment + struct.pack(">I", 0x48000000)


def main():
    with tempfile.TemporaryDirectory(prefix="quince-boot-") as name:
        folder = Path(name)
        files = {"empty": b"", "short": b"\x7fELF\x01\x02", "garbage": bytes(range(256)) * 300, "x86": elf(machine=3),
                 "kernel": elf(), "nvram": bytes(100), "odd": bytes(1000), "disk": bytes(1024)}
        for file, content in files.items():
            (folder / file).write_bytes(content)

        def path(file):
            return str(folder / file)

        refused = [(["--kernel", path(file)], UNUSABLE_IMAGE) for file in ("empty", "short", "garbage", "x86", "missing")]
        refused += [(["--firmware", path(file)], UNUSABLE_IMAGE)
                    for file in ("empty", "short", "garbage", "x86", "missing", "kernel")]
        refused += [([path(file)], UNUSABLE_IMAGE) for file in ("empty", "garbage", "missing")]
        refused += [([name], UNUSABLE_IMAGE)]
        refused += [(["--kernel", path("kernel"), "--initrd", path(file)], UNUSABLE_IMAGE) for file in ("empty", "missing")]
        refused += [(["--nvram", path("nvram")], UNUSABLE_IMAGE), (["--nvram", "/nowhere/nvram"], UNUSABLE_IMAGE)]
        refused += [(["--disk", path("empty")], UNUSABLE_IMAGE), (["--cd", path("missing")], UNUSABLE_IMAGE)]
        refused += [([kind, what], UNUSABLE_IMAGE) for kind in ("--disk", "--cd")
                    for what in (path("odd"), path("empty"), path("missing"), name)]
        refused += [(["--disk", path("disk"), "--disk", path("disk")], UNUSABLE_IMAGE),
                    (["--disk", path("disk") + ",overlay=/nowhere/overlay"], UNUSABLE_IMAGE),
                    (["--disk", path("disk") + ",overlay=" + path("odd")], UNUSABLE_IMAGE),
                    (["--disk", path("disk") + ",readonly"] * 4, USAGE)]
        refused += [(options, USAGE) for options in (
            ["--ram", "16M"], ["--ram", "2048M"], ["--ram", "64.5M"], ["--serial", "nothing"], ["--serial", "unix:/nowhere/s"],
            ["--board", "toaster"], ["--cpu", "601"], ["--kernel", path("kernel"), "--append", "x" * 5000],
            ["--board", "bare"], ["--timeout", "-1"], ["--timeout", "1e300"], ["--timeout", "nan"], ["--timeout", "inf"])]
        refused += [(["--board", "bare", path("garbage")], UNUSABLE_IMAGE)]
        for options, status in refused:
            result = run_to_end(*options, timeout=30)
            lines = result.stderr.decode().splitlines()
            if result.returncode != status or len(lines) != 1 or not lines[0].startswith("quince: "):
                raise AssertionError(f"{options}: status {result.returncode}, {result.stderr}")
            if result.stdout:
                raise AssertionError(f"{options}: printed {result.stdout}")
        if files != {file.name: file.read_bytes() for file in folder.iterdir()}:
            raise AssertionError("a file has changed")
        check_fifo_and_giant(folder)
        result = run_to_end("--board", "bare", path("kernel"), "--timeout", "0.2", timeout=30)
        if result.returncode != TIMEOUT or result.stderr:
            raise AssertionError(f"time-out: {result}")
        check_garbage_roms(folder)


def check_fifo_and_giant(folder):
    """Nobody writes to this FIFO; and a disk may not be so large that tables for it fill the host's memory."""
    fifo, giant = folder / "fifo", folder / "giant"
    os.mkfifo(fifo)
    with open(giant, "wb") as file:
        file.truncate((2 << 40) + 512)
    for options in (["--kernel", fifo], ["--firmware", fifo], ["--disk", fifo], [fifo], ["--board", "bare", fifo],
                    ["--disk", f"{giant},overlay={folder}/changes"], ["--disk", giant], ["--cd", giant]):
        check_refused(*map(str, options))
    for file in (fifo, giant):
        file.unlink()


def check_garbage_roms(folder):
    """Firmware of the right size that is no firmware: the guest goes wild, its exception handlers too. Time still ends."""
    roms = {"zeros": bytes(ROM_BYTES), "ones": b"\xff" * ROM_BYTES, "random": random.Random(1).randbytes(ROM_BYTES)}
    for name, content in roms.items():
        (folder / name).write_bytes(content)
        for engine in ("interpreter", "jit"):
            result = run_to_end("--firmware", str(folder / name), "--engine", engine, "--timeout", "0.5", timeout=30)
            if result.returncode not in (STUCK, TIMEOUT):
                raise AssertionError(f"{name}, {engine}: {result}")


main()
