"""What is left to a translator that has been taken over: nothing. hostile.py QUINCE HOSTILE PROGRAM, where HOSTILE is
Quince with an engine that makes the attacker's system calls and tells how each ended."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

QUINCE, HOSTILE, PROGRAM = sys.argv[1:4]
REFUSALS = {"EACCES", "EPERM", "ENOSYS"}


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def landlock_version():
    done = subprocess.run([QUINCE, "exec", "--log", "sandbox", PROGRAM], capture_output=True, text=True, timeout=60,
                          check=True)
    words = done.stderr.split()
    return int(words[-1]) if words[-1].isdigit() else 0


def make_home(root):
    home = Path(root) / "home"
    (home / "folder").mkdir(parents=True)
    (home / "file").write_text("0123456789")
    return home


def attack(home, *words, options=()):
    """(attempt, how it ended) in each part of the output, and standard error."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local, \
            subprocess.Popen(["sleep", "60"]) as victim:
        (home / "socket").unlink(missing_ok=True)
        local.bind(str(home / "socket"))
        local.listen()
        environment = {**os.environ, "HOME": str(home), "QUINCE_HOSTILE_HOME": str(home),
                       "QUINCE_HOSTILE_PORT": str(server.getsockname()[1]), "QUINCE_HOSTILE_VICTIM": str(victim.pid)}
        done = subprocess.run([HOSTILE, *words[:1], *options, *words[1:]], env=environment, cwd="/", text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        expect(victim.poll() is None, f"{words}: it ended another process")
        victim.kill()
    expect(done.returncode == 0 and (home / "file").read_text() == "0123456789", done)
    parts = [[tuple(line.split(" ")) for line in part.splitlines()] for part in done.stdout.split("thread\n")]
    return parts, done.stderr


def check_all_refused(name, part, least):
    expect(len(part) >= least, (name, part))
    for attempt, result in part:
        if attempt == "stop-others" and name == "exec" and landlock_version() < 6:
            continue  # SECURITY.md says so
        expect(result in REFUSALS, f"{name}: {attempt}: {result}")


def main():
    with tempfile.TemporaryDirectory(prefix="quince-hostile-", dir="/var/tmp") as root:
        home = make_home(root)
        parts, errors = attack(home, "exec", PROGRAM)
        expect(len(parts) == 1 and not errors, errors)
        check_all_refused("exec", parts[0], 45)

        parts, errors = attack(home, "run", "--boot", "prompt", "--display", "none", "--serial", "null")
        expect(len(parts) == 2 and len(parts[0]) == len(parts[1]), parts)
        for part in parts:
            check_all_refused("run", part, 47)
        expect(errors.count("\n") == 1 and "the sandbox has refused system call" in errors, errors)


main()
