"""Empty disks: made as large as they are to be, never over another file. image.py QUINCE"""

import subprocess
import sys
import tempfile
from pathlib import Path

QUINCE = sys.argv[1]
USAGE, UNUSABLE = 2, 3


def create(*arguments):
    return subprocess.run([QUINCE, "image", "create", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False, text=True)


def expect_error(result, status, part):
    lines = result.stderr.splitlines()
    if result.returncode != status or len(lines) != 1 or not lines[0].startswith("quince: ") or part not in lines[0]:
        raise AssertionError(f"status {result.returncode}, {result.stderr!r} for {result.args[1:]}")


def expect_disk(result, file, size):
    if result.returncode != 0 or result.stdout or result.stderr:
        raise AssertionError(f"status {result.returncode}, {result.stderr!r} for {result.args[1:]}")
    about = file.stat()
    if about.st_size != size or about.st_blocks * 512 > 1 << 16:
        raise AssertionError(f"{file}: {about.st_size} bytes in {about.st_blocks} blocks")


def main():
    with tempfile.TemporaryDirectory(prefix="quince-image-") as name:
        folder = Path(name)
        for file, text, size in (("disk", "2G", 2 << 30), ("small", "512", 512), ("largest", "2T", 2 << 40)):
            expect_disk(create(folder / file, text), folder / file, size)
        (folder / "mine").write_bytes(b"precious")
        expect_error(create(folder / "mine", "1M"), UNUSABLE, "exists")
        expect_error(create(folder / "disk", "1M"), UNUSABLE, "exists")
        if (folder / "mine").read_bytes() != b"precious" or (folder / "disk").stat().st_size != 2 << 30:
            raise AssertionError("a file was overwritten")
        expect_error(create(folder / "none" / "disk", "1M"), UNUSABLE, "No such file")
        for size in ("0", "1000", "2049G", "-1", "much"):
            expect_error(create(folder / "new", size), USAGE, "SIZE")
        expect_error(create(folder / "new"), USAGE, "SIZE")
        expect_error(create(folder / "new", "1M", "more"), USAGE, "more")
        if (folder / "new").exists():
            raise AssertionError("a disk was made in spite of an error")


if __name__ == "__main__":
    main()
