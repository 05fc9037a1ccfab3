"""The words that scripts rely on: every option of `run` and `exec` is taken and has its effect, and statuses are as
documented. Most runs go to the firmware's prompt and no further."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from host_tools import expect

QUINCE, PROGRAM, BARE = sys.argv[1:4]
USAGE, UNUSABLE, TIMEOUT = 2, 3, 124
STATS = {"guest_instructions", "wall_seconds", "cpu_seconds", "translate_seconds", "blocks_translated",
         "guest_instructions_translated", "host_bytes_emitted", "tiers", "tlb_fills", "window_switches",
         "mmio_accesses", "exceptions", "invalidations", "code_cache_bytes"}
for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(variable, None)


def quince(*words, status=0):
    done = subprocess.run([QUINCE, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=100,
                          check=False)
    expect(done.returncode == status, (words, done))
    return done.stdout.decode("latin-1")


def prompt(*words, status=0):
    """To the firmware's prompt; what it printed."""
    return quince("run", "--boot", "prompt", "--clock", "instructions", "--until", "0 > ", "--timeout", "60", *words,
                  status=status)


def check_machine(folder):
    banner = prompt("--board", "beige-g3", "--ram", "128M", "--cpu", "7400", "--net", "none", "--display", "none")
    expect("128" in banner and "0 > " in banner, banner)
    expect("0 > " in prompt("--engine", "interpreter", "--ram", "64M"), "the interpreter")
    expect("0 > " not in prompt("--serial", "null"), "a serial line that goes nowhere")
    prompt("--serial", f"file:{folder}/serial", "--nvram", folder / "nvram", "--stats", folder / "stats",
           "--screenshot", folder / "screen.png", "--screen", "1024x768x8")
    expect(b"0 > " in (folder / "serial").read_bytes(), "--serial file:")
    expect((folder / "nvram").stat().st_size == 8192, "--nvram")
    counters = json.loads((folder / "stats").read_text(encoding="utf-8"))
    expect(STATS <= set(counters) and counters["mmio_accesses"] > 0 and counters["tlb_fills"] > 0, counters)
    expect((folder / "screen.png").read_bytes().startswith(b"\x89PNG"), "--screenshot")
    (folder / "mac.toml").write_text('boot = "prompt"\nram = "64M"\ntimeout = 0.01\n', encoding="utf-8")
    expect("0 > " in prompt("--config", folder / "mac.toml"), "the command line wins over --config")


def check_media(folder):
    disk, overlay = folder / "disk.img", folder / "overlay"
    quince("image", "create", disk, "4M")
    quince("run", "--disk", f"{disk},readonly", "--disk", f"{disk},overlay={overlay}", "--cd", disk, "--boot", "disk",
           "--until", "0 > ", "--timeout", "60", "--clock", "instructions")
    expect(overlay.exists() and disk.stat().st_size == 4 << 20, "overlays")
    quince("run", "--cd", disk, "--boot", "cd", "--until", "0 > ", "--timeout", "60", "--clock", "instructions")
    expect("ELF" in quince("info", PROGRAM) or "kernel" in quince("info", PROGRAM), "info")
    quince("run", "--kernel", folder / "none", status=UNUSABLE)
    quince("run", "--firmware", PROGRAM, status=UNUSABLE)
    quince("info", folder / "none", status=UNUSABLE)


def check_statuses():
    quince("run", "--boot", "prompt", "--timeout", "0.5", "--clock", "real", status=TIMEOUT)
    quince("run", "--boot", "nowhere", status=USAGE)
    quince("exec", PROGRAM + "-none", status=UNUSABLE)
    quince("exec", "--timeout", "0.2", "--engine", "interpreter", "--clock", "instructions", "--cpu", "7400", BARE,
           status=UNUSABLE)
    quince("run", "--board", "bare", "--timeout", "0.3", BARE, status=TIMEOUT)
    expect("quince" in quince("--version"), "--version")
    for command in ("run", "exec", "translate", "info", "image"):
        texts = [quince(*words).partition("--help")[2] for words in (("help", command), (command, "--help"))]
        expect(texts[0] == texts[1] != "", command)


def connect(path):
    line = socket.socket(socket.AF_UNIX)
    deadline = time.monotonic() + 10
    while True:
        try:
            line.connect(str(path))
            return line
        except OSError:
            expect(time.monotonic() < deadline, f"nobody listens at {path}")
            time.sleep(0.01)


def check_sockets(folder):
    with subprocess.Popen([QUINCE, "run", "--boot", "prompt", "--timeout", "60", "--serial", f"unix:{folder}/line",
                           "--monitor", f"unix:{folder}/monitor", "--gdb", "127.0.0.1:0", "--paused"],
                          stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        if process.poll() is None:
            monitor, line = connect(folder / "monitor"), connect(folder / "line")
            line.settimeout(30)
            monitor.sendall(b'{"command": "continue"}\n')
            seen = b""
            while b"0 > " not in seen:
                seen += line.recv(4096)
            monitor.sendall(b'{"command": "quit"}\n')
        expect(process.wait(30) == 0, process.returncode)


def main():
    with tempfile.TemporaryDirectory(prefix="quince-contract-") as name:
        folder = Path(name)
        check_machine(folder)
        check_media(folder)
        check_statuses()
        check_sockets(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
