"""A running quince whose serial line a test reads and types on."""

import os
import re
import select
import socket
import subprocess
import tempfile
import time
from pathlib import Path

QUINCE = os.environ["QUINCE"]  # the program under test
GUEST_FILES = ("vmlinux", "initramfs-mini.cpio.gz")


def guests():
    """The folder of guest images, or None: made by guests/, or kept beside the source tree."""
    root = Path(__file__).resolve().parents[2]
    places = [os.environ.get("QUINCE_GUESTS"), Path.home() / ".cache/quince/guests",
              Path(os.environ.get("QUINCE_SHARED", root.parent / "shared")) / "guests"]
    for place in places:
        if place and all((Path(place) / name).is_file() for name in GUEST_FILES):
            return Path(place)
    return None


def linux_options():
    """Options that boot the small guest."""
    folder = guests()
    return ["--kernel", str(folder / "vmlinux"), "--initrd", str(folder / "initramfs-mini.cpio.gz")]


def run_to_end(*options, timeout=150):
    """Runs quince until it ends by itself: the completed process, output as bytes."""
    return subprocess.run([QUINCE, "run", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, check=False)


class Machine:
    """quince run with its serial line on a socket."""

    def __init__(self, *options, timeout=150):
        self.folder = tempfile.TemporaryDirectory(prefix="quince-boot-")
        path = Path(self.folder.name) / "serial"
        self.process = subprocess.Popen([QUINCE, "run", *options, "--serial", f"unix:{path}",
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
