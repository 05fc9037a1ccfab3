"""Shows each check of this folder a small project that breaks its rule: a check that can't fail is none."""

import tempfile
import unittest
from pathlib import Path

import include_direction
import readmes
import shell_scripts
import source_format
import tracked_files

GOOD = {name: "# What it is\n" for name in (f"{folder}/README.md" for folder in readmes.REQUIRED)}


class HouseSelfTest(unittest.TestCase):
    def findings(self, check, files):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, content in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            return check(root)

    def assert_only(self, findings, *parts):
        """There is one finding, and it names all of these."""
        self.assertEqual(len(findings), 1, findings)
        for part in parts:
            self.assertIn(part, findings[0])

    def assert_include_refused(self, file, line, *parts):
        self.assert_only(self.findings(include_direction.check, {file: line + "\n"}), file + ":1", *parts)

    def test_downstream_is_refused_to_each_room(self):
        order = ["guest-ppc", "translator", "jit-x86", "machine", "app"]
        for i, room in enumerate(order):
            for later in order[i + 1:] + ["tests"]:
                with self.subTest(room=room, includes=later):
                    self.assert_include_refused(f"{room}/a.h", f'#include "{later}/b.h"', room, later)

    def test_devices_know_no_processor(self):
        for room in ("guest-ppc", "translator", "jit-x86", "machine", "app"):
            with self.subTest(includes=room):
                self.assert_include_refused("devices/a.cpp", f'#  include "{room}/b.h"', "devices", room)

    def test_processor_knows_no_device(self):
        self.assert_include_refused("guest-ppc/deep/down/a.inc", '#include "devices/b.h"', "devices")

    def test_jit_sees_no_devices(self):
        self.assert_include_refused("jit-x86/a.cpp", '#include "devices/pci.h"', "devices")

    def test_includes_start_at_the_root(self):
        self.assert_include_refused("app/a.cpp", '#include "b.h"', "root")
        self.assert_include_refused("app/a.cpp", '#include "../machine/b.h"', "root")
        self.assert_include_refused("app/a.c", '#include "b.h"', "root")
        self.assert_include_refused("app/a.cpp", "#include <machine/b.h>", "ours")

    def test_libraries_stay_in_their_rooms(self):
        self.assert_include_refused("translator/a.cpp", "#include <asmjit/asmjit.h>", "asmjit")
        self.assert_include_refused("guest-ppc/a.cpp", "#include <capstone/capstone.h>", "capstone")
        self.assert_include_refused("machine/a.cpp", "#include <SDL2/SDL.h>", "sdl")
        self.assert_include_refused("app/a.cpp", "#include <gtest/gtest.h>", "gtest")

    def test_unknown_room(self):
        self.assert_only(self.findings(include_direction.check, {"misc/a.cpp": "\n"}), "misc")

    def test_allowed_includes(self):
        self.assertEqual([], self.findings(include_direction.check, {
            "guest-ppc/a.cpp": '#include "guest-ppc/a.h"\n#include <cstdint>\n',
            "translator/a.cpp": '#include "guest-ppc/a.h"\n',
            "jit-x86/a.cpp": '#include <asmjit/x86.h>\n#include "translator/ir.h"\n',
            "machine/a.cpp": '#include "devices/a.h"\n#include "jit-x86/a.h"\n',
            "app/a.cpp": '#include "machine/a.h"\n#include "version.h"\n',
            "tests/unit/a.cpp": '#include <gtest/gtest.h>\n#include "app/a.h"\n',
            "guests/hello.c": '#include <stdio.h>\n',
            "tests/guest/a.c": '#include "check.h"\n'}))

    def test_large_file(self):
        files = {"a": bytes(tracked_files.LARGEST), "b": bytes(tracked_files.LARGEST + 1)}
        self.assert_only(self.findings(tracked_files.check, files), "b:")

    def test_private_path(self):
        for path in ("home/jo/quince", "root/quince", "Users/jo", "work/quince"):
            with self.subTest(path=path):
                self.assert_only(self.findings(tracked_files.check, {"a.md": f"\nin /{path}\n"}), "a.md:2")
        self.assertEqual([], self.findings(tracked_files.check, {"a.md": "/usr/bin ./work/a ../home/jo/b\n"}))

    def test_missing_readme(self):
        files = {name: text for name, text in GOOD.items() if not name.startswith("bench/")}
        self.assert_only(self.findings(readmes.check, files), "bench/README.md")
        self.assert_only(self.findings(readmes.check, GOOD | {"attic/a.h": ""}), "attic/README.md")

    def test_long_readme(self):
        self.assertEqual([], self.findings(readmes.check, GOOD | {"app/README.md": "\n" * 60}))
        self.assert_only(self.findings(readmes.check, GOOD | {"app/README.md": "\n" * 61}), "61 lines")

    def test_dead_link(self):
        text = "[a](app/README.md) [b](https://example.org/) [c](app/gone.md#x)\n"
        self.assert_only(self.findings(readmes.check, GOOD | {"README.md": text}), "app/gone.md")

    def test_careless_shell_script(self):
        good = "#!/bin/sh\necho \"$1\"\n"
        self.assert_only(self.findings(shell_scripts.check, {"a": good, "b": "#!/bin/sh\nrm $1\n"}), "In b line 2")

    def test_source_format(self):
        style = (source_format.house.ROOT / ".clang-format").read_text()
        good = {".clang-format": style, "a.cpp": "int f() { return 1; }\n"}
        self.assertEqual([], self.findings(source_format.check, good))
        bad = good | {"b.h": "int  g ();\n"}
        self.assert_only(self.findings(source_format.check, bad), "b.h:1")


if __name__ == "__main__":
    unittest.main()
