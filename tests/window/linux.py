"""Linux in a window: penguin, keyboard, mouse, screenshots, full screen shapes, and shutting down by the close button."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "boot"))
# pylint: disable=wrong-import-position
from console import Reader
from desktop import Desktop, missing, wait_for
from extra_files import with_programs
from machine import PROMPT, Machine, guests
from screen import check, penguin, screenshot

SKIPPED = 77
LEFT, RIGHT, MIDDLE = 272, 273, 274  # linux/input-event-codes.h; ADB's second button is the middle one for Linux
KEY_A, KEY_LEFTSHIFT, KEY_POWER = 30, 42, 116
SHELL_ON_SCREEN = "setsid sh -c 'PS1=SCREEN: exec sh </dev/tty1 >/dev/tty1 2>&1' &\r"


def check_window_shows(desktop, window, picture):
    def same():
        shown = desktop.picture(window)
        if shown.size != picture.size:
            return False
        differing = sum(a != b for a, b in zip(shown.getdata(), picture.getdata()))
        return differing < 2 * 8 * 16  # a cursor may blink
    wait_for(same, "window with the guest's picture", 5)


def type_a_command(desktop, window, machine):
    machine.type("dmesg -n 1\r")
    machine.expect(PROMPT)
    machine.type(SHELL_ON_SCREEN)
    machine.expect(PROMPT)
    reader = Reader()
    reader.learn(screenshot(desktop, window), machine.log)
    check("0" in reader.alphabet.values(), "no message was recognised on the screen")
    desktop.enter("echo $((111*333)) $((7*5)) [42]")
    wait_for(lambda: "\n36963 35 [42]\n" in reader.read(screenshot(desktop, window)), "answer on the screen")


def use_mouse(desktop, window, machine):
    left, top, width, height = desktop.place(window)
    machine.type("/input-report &\r")
    machine.expect("INPUT READY")
    desktop.do("mousemove", left + width // 2, top + height // 2)
    desktop.do("mousemove_relative", 5, 5)  # not captured yet: not for the guest
    desktop.do("click", 1)                  # captures
    wait_for(lambda: "Ctrl+Alt+G" in desktop.title(window), "captured mouse")
    desktop.do("mousemove_relative", 30, 20)
    seen = machine.expect(r"MOVE y \d+")
    check("KEY" not in seen and "MOVE x" in seen and "MOVE x -" not in seen, seen)
    desktop.do("mousemove_relative", "--", -40, -1)
    machine.expect("MOVE x -")
    for number, code in ((1, LEFT), (3, MIDDLE), (2, RIGHT)):
        desktop.do("click", number)
        machine.expect(f"KEY {code} down\n(MOVE.*\n)*KEY {code} up")
    desktop.do("key", "ctrl+alt+g")
    wait_for(lambda: "click to use" in desktop.title(window), "released mouse")


def lose_focus(desktop, window, machine):
    """Keys that are down do not stay so."""
    desktop.do("keydown", "shift", "keydown", "a")
    machine.expect(f"KEY {KEY_LEFTSHIFT} down\nKEY {KEY_A} down")
    root = desktop.do("search", "--maxdepth", 0, "").split()[0]
    desktop.do("windowfocus", root)
    released = machine.expect(f"KEY {KEY_A} up") + machine.expect("\n")
    if f"KEY {KEY_LEFTSHIFT} up" not in released:
        machine.expect(f"KEY {KEY_LEFTSHIFT} up")
    desktop.do("keyup", "a", "keyup", "shift")
    desktop.do("windowfocus", "--sync", window)


def shut_down(desktop, window, machine):
    """The first click on the close button is the power key; what it does is up to the guest."""
    machine.type("\r/input-report | grep -q 'KEY 116 down' && poweroff -f\r")
    machine.expect("poweroff -f\n")
    desktop.close(window)
    machine.expect("Power down")
    check(machine.wait() == 0, "status after power-off")


def main():
    if missing() or not guests():
        print(missing() or "no Linux kernel (guests/ makes one)")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="quince-window-") as folder, Desktop() as desktop:
        os.chdir(folder)
        kernel, initrd = guests()
        options = ["--kernel", kernel, "--initrd", with_programs(initrd, ["input-report"], folder),
                   "--append", "console=tty0 console=ttyPZ0", "--engine", "jit", "--screen", "1024x768"]
        with Machine(*options, timeout=90) as machine:
            machine.log = machine.expect("GUEST-READY")
            machine.expect(PROMPT)
            window = desktop.window()
            picture = screenshot(desktop, window)
            check(picture.size == (1024, 768), f"{picture.size}")
            check(penguin(picture), "there is no penguin")
            check_window_shows(desktop, window, picture)
            wait_for(lambda: "MIPS" in desktop.title(window), "speed in the title")
            type_a_command(desktop, window, machine)
            use_mouse(desktop, window, machine)
            lose_focus(desktop, window, machine)
            shut_down(desktop, window, machine)


main()
