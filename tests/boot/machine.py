"""A running quince whose serial line a test reads and types on."""

import functools
import os
import re
import select
import socket
import subprocess
import tempfile
import time
from pathlib import Path

QUINCE = os.environ["QUINCE"]  # the program under test
ENGINE = ["--engine", os.environ["QUINCE_ENGINE"]] if "QUINCE_ENGINE" in os.environ else []
for variable in ("DISPLAY", "WAYLAND_DISPLAY"):  # no windows on the screen of who runs the tests
    os.environ.pop(variable, None)
PROMPT = r"# (\x1b\[6n)?$"  # of the guest's shell; it may ask the terminal where the cursor is
ROOT = Path(__file__).resolve().parents[2]
INITRAMFS_NAMES = ("initramfs-mini.cpio.gz", "initramfs.cpio.gz")


def built(product):
    """The file that guests/build has made of a recipe, or None."""
    result = subprocess.run([ROOT / "guests/build", "--where", product], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=False)
    return result.stdout.decode().strip() if result.returncode == 0 else None


def in_folder(folder):
    """Kernel and initial RAM disk in a folder, or None."""
    kernel = Path(folder) / "vmlinux"
    for name in INITRAMFS_NAMES:
        if kernel.is_file() and (Path(folder) / name).is_file():
            return str(kernel), str(Path(folder) / name)
    return None


@functools.lru_cache(maxsize=None)
def guests():
    """Kernel and initial RAM disk, or None: the folder QUINCE_GUESTS; what guests/ has built; kept beside the tree."""
    if "QUINCE_GUESTS" in os.environ:
        return in_folder(os.environ["QUINCE_GUESTS"])
    kernel, initrd = built("kernel"), built("initramfs")
    if kernel and initrd:
        return kernel, initrd
    return in_folder(Path(os.environ.get("QUINCE_SHARED", ROOT.parent / "shared")) / "guests")


def linux_options():
    """Options that boot the small guest."""
    kernel, initrd = guests()
    return ["--kernel", kernel, "--initrd", initrd]


def media_options(medium, folder, *more):
    """Options that boot the "disk" or the "cd" of guests/build; None if it has not been built. The disk's file stays
    as it is, changes go to the folder."""
    image = built(medium)
    if image is None:
        return None
    return [f"--{medium}", image + (f",overlay={folder}/changes" if medium == "disk" else ""), *more]


def run_to_end(*options, timeout=150):
    """Runs quince until it ends by itself: the completed process, output as bytes."""
    return subprocess.run([QUINCE, "run", *ENGINE, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, check=False)


UNUSABLE_IMAGE = 3


def check_refused(*options):
    """An image that can't be used: one clear line."""
    result = run_to_end(*options, timeout=30)
    lines = result.stderr.decode().splitlines()
    if result.returncode != UNUSABLE_IMAGE or len(lines) != 1 or not lines[0].startswith("quince: "):
        raise AssertionError(f"status {result.returncode}, {lines}")
    return lines[0]


class Machine:
    """quince run with its serial line on a socket."""

    def __init__(self, *options, timeout=150):
        self.folder = tempfile.TemporaryDirectory(prefix="quince-boot-")
        path = Path(self.folder.name) / "serial"
        self.process = subprocess.Popen([QUINCE, "run", *ENGINE, *options, "--serial", f"unix:{path}",
                                         "--timeout", str(timeout)], stdin=subprocess.DEVNULL)
        self.line = socket.socket(socket.AF_UNIX)
        self.text = ""
        deadline = time.monotonic() + 10
        while True:
            try:
                self.line.connect(str(path))
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.001)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.line.close()
        self.folder.cleanup()

    def type(self, text):
        self.line.sendall(text.encode())

    def expect(self, pattern, timeout=120):
        """What was printed since the last call, up to the end of the match of a regular expression."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.text)
            if match:
                seen, self.text = self.text[:match.end()], self.text[match.end():]
                return seen
            ready, _, _ = select.select([self.line], [], [], max(0, deadline - time.monotonic()))
            data = self.line.recv(65536) if ready else b""
            if not data:
                why = "ended" if ready else "timeout"
                raise AssertionError(f"{why} while waiting for {pattern!r}; the last output was:\n{self.text[-2000:]}")
            self.text += data.decode("latin-1").replace("\r", "")

    def wait(self, timeout=60):
        """The exit status."""
        return self.process.wait(timeout)


def from_grub_to_power_off(machine, last_command):
    """Takes GRUB's first entry, waits for Linux, has a command executed, and ends with another."""
    machine.expect("GNU GRUB")
    machine.type("\r")
    machine.expect("GUEST-READY")
    machine.expect(PROMPT)
    machine.type("echo $((6 * 7)) seen\r")
    machine.expect("42 seen")
    machine.type(last_command + "\r")
    if machine.wait() != 0:
        raise AssertionError("the guest did not power off")
