"""Includes follow the direction of docs/architecture.md: nothing upstream knows anything downstream."""

import re

import house

# The table of rooms: what each may include of ours, and which of the libraries are its own business.
ROOMS = {
    "guest-ppc": {"ours": set(), "libraries": set()},
    "translator": {"ours": {"guest-ppc"}, "libraries": set()},
    "jit-x86": {"ours": {"guest-ppc", "translator"}, "libraries": {"asmjit", "capstone"}},
    "devices": {"ours": set(), "libraries": set()},
    "machine": {"ours": {"guest-ppc", "translator", "jit-x86", "devices"}, "libraries": set()},
    "app": {"ours": {"guest-ppc", "translator", "jit-x86", "devices", "machine"},
            "libraries": {"cli11", "sdl", "png"}},
    "bench": {"ours": {"guest-ppc", "translator", "jit-x86", "devices", "machine", "app", "tests"},
              "libraries": {"benchmark", "cli11"}},
    "tests": {"ours": {"guest-ppc", "translator", "jit-x86", "devices", "machine", "app", "bench"},
              "libraries": {"gtest", "asmjit", "capstone", "mpfr", "cli11", "sdl", "png"}},
}

LIBRARIES = {
    "asmjit": re.compile(r"asmjit/"),
    "capstone": re.compile(r"capstone/"),
    "sdl": re.compile(r"SDL"),
    "png": re.compile(r"png\.h"),
    "cli11": re.compile(r"CLI/"),
    "benchmark": re.compile(r"benchmark/"),
    "gtest": re.compile(r"g(test|mock)/"),
    "mpfr": re.compile(r"(mpfr|gmp(xx)?)\.h"),
}

GENERATED = {"version.h", "filters.inc"}  # written by the build, by these names

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def may_include(room, target):
    return target == room or target in ROOMS[room]["ours"]


def finding_for(room, bracket, header):
    """Why this room may not include this header, or None."""
    first = header.split("/")[0]
    if bracket == '"':
        if header in GENERATED:
            return None
        if first not in ROOMS:
            return f'"{header}" is not written from the project\'s root'
        return None if may_include(room, first) else f"{room} may not include anything of {first}"
    if first in ROOMS:
        return f'<{header}> is ours: write "{header}"'
    for library, pattern in LIBRARIES.items():
        if pattern.match(header) and library not in ROOMS[room]["libraries"]:
            return f"{room} may not use {library}"
    return None


def check(root):
    findings = []
    for name in house.sources(root):
        room = name.parts[0]
        if room == "guests" or (room == "tests" and name.suffix == ".c"):
            continue  # programs for the guest: our C++ is not on their path
        if room not in ROOMS:
            findings.append(f"{name}: there is no room for sources called {room}")
            continue
        text = (root / name).read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            why = finding_for(room, match.group(1), match.group(2))
            if why:
                line = text.count("\n", 0, match.start(1)) + 1
                findings.append(f"{name}:{line}: {why}")
    return findings


if __name__ == "__main__":
    house.main(check)
