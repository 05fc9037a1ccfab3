"""What the checks of this folder share: the files of the project, and how a finding is reported."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def project_files(root):
    """The files git tracks, and new ones it does not ignore, as paths relative to root.

    Without git (an unpacked archive) everything but hidden folders and build/."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if listing.returncode == 0:
        names = sorted({Path(os.fsdecode(name)) for name in listing.stdout.split(b"\0") if name})
    else:
        names = sorted(path.relative_to(root) for path in root.rglob("*"))
        names = [name for name in names if name.parts[0] != "build" and not name.parts[0].startswith(".")]
    return [name for name in names if (root / name).is_file()]


def sources(root):
    """C and C++ files of ours."""
    return [name for name in project_files(root) if name.suffix in {".h", ".cpp", ".c", ".inc"}]


def shell_scripts(root):
    """Files that start with a line naming a shell, and what they source."""
    for name in project_files(root):
        with open(root / name, "rb") as file:
            first = file.readline(80)
        if first.startswith((b"#!/bin/sh", b"#!/bin/bash", b"#!/usr/bin/env bash")) or name.suffix == ".sh":
            yield name


def tool_findings(command, root, names):
    """The output of a checking tool that is given all these files, if it is not content with them."""
    names = [str(name) for name in names]
    if not names:
        return []
    result = subprocess.run(command + names, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False)
    return [] if result.returncode == 0 else [result.stdout.rstrip() or f"{command[0]}: failed"]


def main(check):
    """Runs a check on the project; findings go to stderr, one a line."""
    findings = check(ROOT)
    for finding in findings:
        print(finding, file=sys.stderr)
    sys.exit(1 if findings else 0)
