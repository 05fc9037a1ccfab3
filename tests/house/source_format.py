"""C and C++ files look as clang-format 14 writes them with our .clang-format (scripts/format does it)."""

import house


def check(root):
    names = [name for name in house.sources(root) if name.suffix != ".inc"]  # tables are aligned by hand
    return house.tool_findings(["clang-format", "--style=file", "--dry-run", "-Werror"], root, names)


if __name__ == "__main__":
    house.main(check)
