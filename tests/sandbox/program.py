"""A guest program under `quince exec` reaches what it was given, and nothing else. program.py QUINCE ESCAPE"""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

QUINCE, ESCAPE = sys.argv[1:3]


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


class Place:
    """A home folder, and in it a folder where the program is started."""

    def __init__(self, root):
        self.home = Path(root) / "home"
        self.work = self.home / "work"
        self.work.mkdir(parents=True)
        self.secret = self.home / "secret"
        self.secret.write_text("0123456789")
        (self.work / "mine").write_text("0123456789")

    def run(self, *words, options=(), cwd=None):
        """What the program tells, by what it did; and standard error."""
        named = [str(word) if n % 2 == 0 else f"={word}" for n, word in enumerate(words)]
        done = subprocess.run([QUINCE, "exec", *map(str, options), ESCAPE, *named], cwd=cwd or self.work,
                              env={**os.environ, "HOME": str(self.home), "TMPDIR": str(self.home / "tmp")},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        expect(done.returncode == 0, done)
        told = dict(line.split(": ") for line in done.stdout.splitlines())
        return told, done.stderr


def check_refused(place):
    with socket.create_server(("127.0.0.1", 0)) as server, subprocess.Popen(["sleep", "60"]) as other:
        told, errors = place.run("read", "/etc/passwd", "write", place.home / "new", "remove", place.secret,
                                 "mode", place.secret, "cut", place.secret, "list", place.home, "execute", "/bin/sh",
                                 "connect", server.getsockname()[1], "fork", "x")
        expect(set(told.values()) == {"EACCES"} and len(told) == 9, told)
        expect(errors.count("\n") == 1 and errors.startswith("quince: exec: the sandbox ") and "/etc/passwd" in errors
               and "--allow" in errors, errors)
        told, errors = place.run("connect", server.getsockname()[1])
        expect(told == {"connect": "EACCES"} and "--allow-net" in errors and errors.count("\n") == 1, (told, errors))
        told, _ = place.run("signal", other.pid)
        expect(told == {"signal": "EPERM"} or landlock_version() < 6, told)
        told, errors = place.run("connect", server.getsockname()[1], options=["--allow-net"])
        expect(told == {"connect": "ok"} and not errors, (told, errors))
        other.kill()
    expect(place.secret.read_text() == "0123456789", "the secret was changed")


def landlock_version():
    """As `--log sandbox` tells it."""
    done = subprocess.run([QUINCE, "exec", "--log", "sandbox", ESCAPE], capture_output=True, text=True, timeout=60,
                          check=True)
    words = done.stderr.split()
    expect("seccomp" in done.stderr, done)
    return int(words[-1]) if words[-1].isdigit() else 0


def check_given(place):
    told, errors = place.run("read", "mine", "write", "new", "mode", "mine", "cut", "mine", "list", ".", "remove", "new")
    expect(set(told.values()) == {"ok"} and len(told) == 6 and not errors, (told, errors))
    expect((place.work / "mine").read_text() == "012", "truncated")
    told, _ = place.run("read", place.secret, "write", place.secret, "mode", place.secret,
                        options=["--allow", place.secret])
    expect(set(told.values()) == {"ok"}, told)
    told, _ = place.run("read", place.secret, "write", place.secret, options=["--allow", f"{place.secret},readonly"])
    expect(told == {"read": "ok", "write": "EACCES"}, told)
    # Named on the command line; but not what is the system's.
    done = subprocess.run([QUINCE, "exec", ESCAPE, "read", place.secret, "read", "/etc/passwd"], cwd=place.work,
                          capture_output=True, text=True, timeout=60, check=True)
    expect(done.stdout == "read: ok\nread: EACCES\n", done)


def check_home(place):
    """The home folder is not given only because one is there."""
    for folder in (place.home, "/"):
        told, errors = place.run("read", place.secret, cwd=folder)
        expect(told == {"read": "EACCES"} and "secret" in errors, (told, errors))


def check_off(place):
    told, errors = place.run("read", "/etc/passwd", "mode", place.secret, options=["--no-sandbox"])
    expect(set(told.values()) == {"ok"}, told)
    expect(errors.count("\n") == 1 and "--no-sandbox" in errors, errors)


def main():
    with tempfile.TemporaryDirectory(prefix="quince-sandbox-", dir=os.environ.get("QUINCE_SCRATCH", "/var/tmp")) as root:
        place = Place(root)
        check_refused(place)
        check_given(place)
        check_home(place)
        check_off(place)


main()
