"""Open Firmware in windows of several shapes: it shows and listens; pause and restart; closing twice ends it."""

import os
import subprocess
import sys
import tempfile
import time

from desktop import Desktop, missing, wait_for

SKIPPED = 77
QUINCE = os.environ["QUINCE"]


def lit(picture):
    """How many pixels differ from the background, which is the commonest colour."""
    counts = sorted(picture.getcolors(1 << 24))
    return sum(count for count, _ in counts[:-1])


def settled(desktop, window, least):
    """The picture once it has at least so many pixels and stands still."""
    last = []

    def still():
        picture = desktop.picture(window)
        count = lit(picture)
        last[:] = [*last[-3:], count]
        return count >= least and len(last) == 4 and len(set(last)) == 1 and count
    return wait_for(still, f"picture with {least} pixels")


def firmware(desktop, shape, session):
    with subprocess.Popen([QUINCE, "run", "--boot", "prompt", "--engine", "jit", "--serial", "null", "--screen", shape,
                           "--timeout", "60"], stdin=subprocess.DEVNULL) as process:
        try:
            window = desktop.window()
            size = tuple(map(int, shape.split("x")[:2]))
            wait_for(lambda: desktop.place(window)[2:] == size, f"window of {size}")
            prompt = settled(desktop, window, 500)
            session(desktop, window, process, prompt)
        finally:
            process.kill()


def listen_and_close(desktop, window, process, prompt):
    desktop.enter("1 2 + .")
    settled(desktop, window, prompt + 50)
    desktop.close(window)
    wait_for(lambda: "close again" in desktop.title(window), "advice in the title")
    if process.poll() is not None:
        raise AssertionError("closed at once")
    desktop.close(window)
    if process.wait(10) != 0:
        raise AssertionError(f"status {process.returncode}")


def pause_and_restart(desktop, window, process, prompt):
    desktop.do("key", "ctrl+alt+p")
    wait_for(lambda: "paused" in desktop.title(window), "pause in the title")
    desktop.enter("words")
    time.sleep(0.5)
    if lit(desktop.picture(window)) != prompt:
        raise AssertionError("the guest goes on while it is paused")
    desktop.do("key", "ctrl+alt+p")
    settled(desktop, window, prompt + 100)
    desktop.do("key", "ctrl+alt+r")
    wait_for(lambda: lit(desktop.picture(window)) == prompt, "screen as it was after power-on")
    desktop.do("key", "ctrl+alt+q")
    if process.wait(10) != 0:
        raise AssertionError(f"status {process.returncode}")


def main():
    if missing():
        print(missing())
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="quince-window-") as folder, Desktop() as desktop:
        os.chdir(folder)
        firmware(desktop, "640x480x8", pause_and_restart)
        firmware(desktop, "800x600x15", listen_and_close)
        firmware(desktop, "1920x1200x32", listen_and_close)


main()
