"""No file is too large for a repository, and none names a folder of somebody's machine."""

import re

import house

LARGEST = 1_000_000  # bytes

# Folders that exist on one machine only. A path that starts at the root of the project, or of the system
# the program is for (/usr, /proc, /tmp), is no concern of ours.
PRIVATE_PATH = re.compile(rb"(?<![\w./-])/(?:work|root|Users|home/[a-z0-9_-]+)/[\w.]")


def check(root):
    findings = []
    for name in house.project_files(root):
        data = (root / name).read_bytes()
        if len(data) > LARGEST:
            findings.append(f"{name}: {len(data)} bytes; a repository is no place for more than {LARGEST}")
        for match in PRIVATE_PATH.finditer(data):
            line = data.count(b"\n", 0, match.start()) + 1
            findings.append(f"{name}:{line}: names a folder of one machine: {match.group().decode()}...")
    return findings


if __name__ == "__main__":
    house.main(check)
