"""Where there is no display: one line, or none."""

import os
import subprocess

QUINCE = os.environ["QUINCE"]
NOWHERE = {"DISPLAY": ":987", "SDL_VIDEODRIVER": "x11"}
PROMPT = ["--boot", "prompt", "--engine", "jit", "--until", "0 > "]


def run(options, environment):
    clean = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run([QUINCE, "run", *options, "--timeout", "30"], env=clean | environment, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)


def check(options, environment, status, start):
    result = run(options, environment)
    lines = result.stderr.decode().splitlines()
    if result.returncode != status or len(lines) != (1 if start else 0) or not "".join(lines).startswith(start):
        raise AssertionError(f"{options} {environment}: status {result.returncode}, {lines}")


check([*PROMPT, "--display", "window"], NOWHERE, 2, "quince: --display window: there is no display: ")
check(PROMPT, {}, 0, "")
check(PROMPT, NOWHERE, 0, "quince: there is no window: ")
check([*PROMPT, "--display", "none"], NOWHERE, 0, "")
check([*PROMPT, "--screen", "640x480x16"], {}, 2, "quince: --screen: ")
check([*PROMPT, "--screen", "1930x1200"], {}, 2, "quince: --screen: ")
check([*PROMPT, "--screen", "800x600x"], {}, 2, "quince: --screen: ")
