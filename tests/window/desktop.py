"""A desktop of our own: an X server without a screen (Xvfb), and somebody who sits in front of it (xdotool)."""

import ctypes
import os
import shutil
import subprocess
import time

try:
    from PIL import ImageGrab
except ImportError:
    ImageGrab = None

NEEDED = ("Xvfb", "xdotool")
TITLE = "Power Macintosh"


def missing():
    """What this host lacks for the tests, or None."""
    lacking = [name for name in NEEDED if not shutil.which(name)]
    if not ImageGrab:
        lacking.append("python3-pil")
    return "not installed: " + ", ".join(lacking) if lacking else None


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"after {seconds} s: no {what}")


class Desktop:
    """Programs started meanwhile show their windows here: DISPLAY is set."""

    def __enter__(self):
        reading, writing = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-noreset", "-displayfd", str(writing), "-screen", "0", "2048x1280x24"],
                                       pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.name = ":" + pipe.readline().strip()
        os.environ["DISPLAY"] = self.name
        os.environ.pop("WAYLAND_DISPLAY", None)
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()

    def do(self, *words):
        """An order to xdotool: what it prints."""
        result = subprocess.run(["xdotool", *map(str, words)], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, check=False)
        return result.stdout.decode().strip()

    def enter(self, line):
        self.do("type", "--delay", 20, line)
        self.do("key", "Return")

    def window(self):
        """The number of the emulator's window, which has the keyboard then."""
        number = wait_for(lambda: self.do("search", "--onlyvisible", "--name", TITLE), "window").split()[0]
        self.do("windowfocus", "--sync", number)
        return number

    def title(self, window):
        return self.do("getwindowname", window)

    def place(self, window):
        """Left, top, width and height."""
        shell = dict(line.split("=") for line in self.do("getwindowgeometry", "--shell", window).splitlines())
        return tuple(int(shell[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))

    def picture(self, window):
        left, top, width, height = self.place(window)
        return ImageGrab.grab((left, top, left + width, top + height), xdisplay=self.name).convert("RGB")

    def close(self, window):
        """What a window manager does when somebody clicks on the close button (ICCCM 4.2.8.1)."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.name.encode()))

        class ClientMessage(ctypes.Structure):
            _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                        ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                        ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("padding", ctypes.c_long * 24)]

        client_message = 33
        atom = [x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
        event = ClientMessage(type=client_message, window=int(window), message_type=atom[0], format=32)
        event.data[0] = atom[1]
        x11.XSendEvent(display, ctypes.c_ulong(int(window)), 0, ctypes.c_long(0), ctypes.byref(event))
        x11.XSync(display, 0)
        x11.XCloseDisplay(display)
