"""What tests look for on the guest's screen."""

import glob
import os

from desktop import wait_for

try:
    from PIL import Image
except ImportError:
    Image = None  # missing() says so


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def screenshot(desktop, window):
    """What the guest shows, by the key that saves it."""
    before = set(glob.glob("quince-*.png"))
    desktop.do("key", "--window", window, "ctrl+alt+s")
    name = wait_for(lambda: set(glob.glob("quince-*.png")) - before, "screenshot").pop()
    with Image.open(name) as picture:
        copy = picture.convert("RGB")
    os.unlink(name)  # the next one may have the same name
    return copy


def penguin(picture):
    """The logo in the upper left corner: white belly, yellow feet and beak, black around."""
    pixels = list(picture.crop((0, 0, 80, 80)).getdata())
    white = sum(min(pixel) > 200 for pixel in pixels)
    yellow = sum(red > 180 and green > 120 and blue < 90 for red, green, blue in pixels)
    return white > 300 and yellow > 200
