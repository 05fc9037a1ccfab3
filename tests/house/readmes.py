"""Every top-level folder says on one screen what it is, and links between documents lead somewhere."""

import re

import house

LONGEST = 60  # lines
REQUIRED = ["translator", "guest-ppc", "jit-x86", "devices", "machine", "app", "tests", "bench", "guests", "docs"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def readme_findings(root, files):
    folders = {name.parts[0] for name in files if len(name.parts) > 1 and not name.parts[0].startswith(".")}
    for folder in sorted(folders | set(REQUIRED)):
        readme = root / folder / "README.md"
        lines = readme.read_text(encoding="utf-8").splitlines() if readme.is_file() else []
        if not lines:
            yield f"{folder}/README.md: missing or empty"
        elif len(lines) > LONGEST:
            yield f"{folder}/README.md: {len(lines)} lines; {LONGEST} is one screen"


def link_findings(root, files):
    for name in files:
        if name.suffix != ".md":
            continue
        for target in LINK.findall((root / name).read_text(encoding="utf-8")):
            if "://" not in target and not (root / name.parent / target).exists():
                yield f"{name}: the link to {target} leads nowhere"


def check(root):
    files = house.project_files(root)
    return [*readme_findings(root, files), *link_findings(root, files)]


if __name__ == "__main__":
    house.main(check)
