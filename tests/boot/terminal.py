"""On a terminal: raw while the machine runs, as it was afterwards, and Ctrl-A X as the way out."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

from machine import QUINCE

LFLAG = 3


def read_until(fd, text, timeout=60):
    seen = b""
    deadline = time.monotonic() + timeout
    while text not in seen:
        ready, _, _ = select.select([fd], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"no {text!r} in {seen!r}")
        seen += os.read(fd, 4096)


def session(end):
    """The exit status after end(process, fd)."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with subprocess.Popen([QUINCE, "run", "--boot", "prompt", "--timeout", "100"], stdin=theirs, stdout=theirs,
                          stderr=theirs) as process:
        read_until(ours, b"0 > ")
        if termios.tcgetattr(theirs)[LFLAG] & (termios.ICANON | termios.ECHO | termios.ISIG):
            raise AssertionError("the terminal is not raw")
        end(process, ours)
        status = process.wait(20)
    if termios.tcgetattr(theirs) != before:
        raise AssertionError("the terminal is not as it was")
    os.close(ours)
    os.close(theirs)
    return status


def control_c_then_quit(_, fd):
    os.write(fd, b"\x03")  # for the guest
    os.write(fd, b"1 2 + .\r")
    read_until(fd, b"3  ok")
    os.write(fd, b"\x01x")


def to_the_monitor_and_back(_, fd):
    os.write(fd, b"\x01h")
    read_until(fd, b"Ctrl-A C  switches between the guest and the monitor")
    os.write(fd, b"\x01c")
    read_until(fd, b"(quince) ")
    os.write(fd, b"statx\x7fus\r")  # corrected with the backspace key
    read_until(fd, b"processor: 750")
    os.write(fd, b"pause\r")
    read_until(fd, b"(quince) ")
    os.write(fd, b"status\r")
    read_until(fd, b"state: paused")
    os.write(fd, b"continue\r\x04")  # Ctrl-D is no way out
    read_until(fd, b"(quince) ")
    os.write(fd, b"\x01c3 4 + .\r")  # the guest's
    read_until(fd, b"7  ok")
    os.write(fd, b"\x01c")
    read_until(fd, b"(quince) ")
    os.write(fd, b"quit\r")


def check(status, wanted):
    if status != wanted:
        raise AssertionError(f"status {status}, not {wanted}")


try:
    for descriptor in pty.openpty():
        os.close(descriptor)
except OSError as error:
    print(f"the host has no pseudo terminals: {error}")
    sys.exit(77)

check(session(control_c_then_quit), 0)
check(session(to_the_monitor_and_back), 0)
check(session(lambda process, _: process.send_signal(signal.SIGTERM)), 128 + signal.SIGTERM)
