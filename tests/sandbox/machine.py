"""`quince run` within its sandbox: every thread is under it, no memory is writable and executable, and what a user asks
for while the machine runs works within the folders that were given. machine.py QUINCE"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUINCE = sys.argv[1]


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                expect(time.monotonic() < deadline, f"nobody listens at {path}")
                time.sleep(0.01)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.lines.readline()  # the greeting

    def ask(self, command, **arguments):
        self.socket.sendall(json.dumps({"command": command, "arguments": arguments, "id": 1}).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if answer.get("id") == 1:
                return answer.get("error")


def status_of_threads(process):
    for thread in Path(f"/proc/{process}/task").iterdir():
        text = (thread / "status").read_text()
        yield dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def check_process(process):
    """From the outside."""
    threads = list(status_of_threads(process))
    expect(len(threads) > 2, threads)
    for thread in threads:
        expect(thread["Seccomp"] == "2" and thread["NoNewPrivs"] == "1", thread)
    maps = Path(f"/proc/{process}/maps").read_text()
    expect("rwx" not in maps and "r-x" in maps, maps)


def check_requests(monitor, given, elsewhere):
    image = given / "disc.img"
    image.write_bytes(bytes(64 << 10))
    expect(monitor.ask("cd", file=str(image)) is None, "a CD of a folder that was given")
    for name, folder in (("inside", elsewhere), ("link", given)):
        (elsewhere / "inside").write_bytes(bytes(64 << 10))
        if name == "link":
            (given / "link").symlink_to(elsewhere / "inside")
        error = monitor.ask("cd", file=str(folder / name))
        expect(error and "--allow" in error, error)
    (given / "short").write_bytes(b"no whole sector")
    expect("512" in monitor.ask("cd", file=str(given / "short")), "not an image")
    expect(monitor.ask("cd", file="/dev/zero"), "a device")
    expect(monitor.ask("screenshot", file=str(given / "a.png")) is None and
           (given / "a.png").read_bytes().startswith(b"\x89PNG"), "a picture")
    expect(".png" in monitor.ask("screenshot", file=str(given / "a.txt")), "a picture under any name")
    expect("--allow" in monitor.ask("screenshot", file=str(elsewhere / "a.png")), "a picture anywhere")
    qcow2 = given / "disc.qcow2"
    if subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", qcow2, "1M"], check=False).returncode == 0:
        error = monitor.ask("cd", file=str(qcow2))
        expect(error is None, error)
    expect(monitor.ask("eject") is None, "eject")
    expect("too much" in monitor.ask("type", text="q" * 10000), "keys without end")
    monitor.socket.sendall(b'{"command": "status"}\n' * 500)  # nothing is lost, and nothing grows
    expect(monitor.ask("status") is None, "many commands at once")


def main():
    with tempfile.TemporaryDirectory(prefix="quince-machine-", dir="/var/tmp") as root:
        home, given, elsewhere = (Path(root) / name for name in ("home", "home/given", "home/elsewhere"))
        for folder in (home, given, elsewhere):
            folder.mkdir()
        files = {name: given / name for name in ("stats", "log", "screen", "serial", "monitor", "gdb", "nvram")}
        with subprocess.Popen([QUINCE, "run", "--boot", "prompt", "--display", "none", "--timeout", "60",
                               "--serial", f"unix:{files['serial']}", "--monitor", f"unix:{files['monitor']}",
                               "--gdb", f"unix:{files['gdb']}", "--stats", files["stats"], "--nvram", files["nvram"],
                               "--screenshot", files["screen"], "--log", "exceptions,sandbox", "--log-file", files["log"],
                               "--jitdump"], cwd=given, env={**os.environ, "HOME": str(home)}, stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            try:
                monitor = Monitor(files["monitor"])
                expect(monitor.ask("status") is None, "status")
                check_process(process.pid)
                check_requests(monitor, given, elsewhere)
                monitor.ask("quit")
                errors = process.communicate(timeout=30)[1]
            finally:
                process.kill()
            expect(process.returncode == 0 and not errors, (process.returncode, errors))
        expect(json.loads(files["stats"].read_text())["guest_instructions"] > 0, "--stats")
        expect(files["screen"].read_bytes().startswith(b"\x89PNG"), "--screenshot, whatever its name")
        log = files["log"].read_text()
        expect("sandbox: seccomp" in log and "exceptions: " in log, log[:1000])
        expect((given / f"jit-{process.pid}.dump").stat().st_size > 1000, "--jitdump")
        for name in ("serial", "monitor", "gdb"):
            expect(not files[name].exists(), f"the socket {name} is left")
        expect(not list(elsewhere.glob("*.png*")), "a picture elsewhere")


main()
