"""C and C++ files look as clang-format 14 writes them with our .clang-format (scripts/format does it)."""

import re

import house

WHERE = re.compile(r"^(.+?):(\d+):\d+: error:", re.MULTILINE)


def check(root):
    names = [name for name in house.sources(root) if name.suffix != ".inc"]  # tables are aligned by hand
    command = ["clang-format", "--style=file", "--dry-run", "-Werror"]
    findings = []
    for output in house.tool_findings(command, root, names):
        first = {}
        for file, line in WHERE.findall(output):
            first.setdefault(file, line)
        findings += [f"{file}:{line}: not as clang-format writes it (scripts/format)" for file, line in first.items()]
        findings += [] if first else [output]
    return findings


if __name__ == "__main__":
    house.main(check)
