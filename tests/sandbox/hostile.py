"""What is left to a translator that has been taken over: nothing. hostile.py QUINCE HOSTILE PROGRAM, where HOSTILE is
Quince with an engine that makes the attacker's system calls and tells how each ended. Without the sandbox each of them
gets through, which shows that it is the sandbox that refuses it."""

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


def make_home(root, name="home"):
    home = Path(root) / name
    (home / "folder").mkdir(parents=True)
    (home / "file").write_text("0123456789")
    return home


def launch(home, command, only=""):
    """How it ended, and whether it left another process alone."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local, \
            subprocess.Popen(["sleep", "60"]) as victim:
        (home / "socket").unlink(missing_ok=True)
        local.bind(str(home / "socket"))
        local.listen()
        environment = {**os.environ, "HOME": str(home), "QUINCE_HOSTILE_HOME": str(home), "QUINCE_HOSTILE_ONLY": only,
                       "QUINCE_HOSTILE_PORT": str(server.getsockname()[1]), "QUINCE_HOSTILE_VICTIM": str(victim.pid)}
        done = subprocess.run(command, env=environment, cwd="/", text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)
        lives = victim.poll() is None
        victim.kill()
    return done, lives


def attempts(output):
    return [tuple(line.split(" ")) for line in output.splitlines()]


def attack(home, *words):
    """(attempt, how it ended) in each part of the output, and standard error."""
    done, lives = launch(home, [HOSTILE, *words])
    expect(lives, f"{words}: it ended another process")
    expect(done.returncode == 0 and (home / "file").read_text() == "0123456789", done)
    return [attempts(part) for part in done.stdout.split("thread\n")], done.stderr


# Without the sandbox, the kernel refuses these to most users; what is worth trying as root only.
OF_ROOT = {"make-device", "socket-raw", "root", "mount", "handle", "trace", "read-others", "limits-of-others", "namespace",
           "namespace-of-child", "faults", "counters", "kernel-program", "ring", "type-on-terminal",
           "type-on-terminal-wide"}
# These are made with arguments that the kernel itself finds fault with, or are not known to every host.
FAULTY = {"type-on-terminal", "type-on-terminal-wide", "rights-by-key", "read-others", "namespace-of-others", "handle",
          "ring", "kernel-program", "counters", "keys", "socket-host", "attribute"}
FAULTS = {"EFAULT", "EINVAL", "ENOTTY", "ENOKEY", "EAFNOSUPPORT", "EOPNOTSUPP"}


def check_control(root, names):
    """The same calls, one at a time, without the sandbox."""
    own_mounts = ["unshare", "--mount"]
    if os.geteuid() != 0 or subprocess.run([*own_mounts, "true"], capture_output=True, check=False).returncode != 0:
        own_mounts = []
    for name in names:
        if name in OF_ROOT and not own_mounts:
            continue
        home = make_home(root, f"control-{name}")
        done, _ = launch(home, [*own_mounts, HOSTILE, "exec", "--no-sandbox", PROGRAM], only=name)
        # A program that takes the place of Quince prints nothing.
        results = {result for _, result in attempts(done.stdout)} or {"done"}
        expected = {"done"} | FAULTS if name in FAULTY else {"done"}
        expect(done.returncode == 0 and results <= expected, f"without a sandbox: {name}: {done}")


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
        check_control(root, [name for name, _ in parts[0]])


main()
