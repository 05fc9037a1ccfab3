"""scripts/install-deps on systems where it can't succeed: one line that says what to do, and status 1."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import house

SCRIPT = house.ROOT / "scripts" / "install-deps"
TOOLS = ["sh", "awk", "cat", "dirname", "env", "grep", "mktemp", "rm", "tail"]


class InstallDepsTest(unittest.TestCase):
    def setUp(self):
        self.bin = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.fake("id", "echo 0")

    def fake(self, name, body):
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def run_script(self, *groups, **variables):
        environment = {"PATH": str(self.bin), "TMPDIR": str(self.bin)} | variables
        return subprocess.run(["sh", SCRIPT, *groups], env=environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False)

    def assert_one_line(self, result, *parts):
        self.assertEqual(result.returncode, 1, result)
        self.assertEqual(result.stdout, "")
        lines = [line for line in result.stderr.splitlines() if not line.startswith("quince: installing")]
        self.assertEqual(len(lines), 1, result.stderr)
        for part in parts:
            self.assertIn(part, lines[0])

    def nothing_installed(self):
        self.fake("dpkg-query", "exit 1")

    def test_nothing_missing_needs_neither_apt_nor_root(self):
        self.fake("dpkg-query", "printf installed")
        self.fake("id", "echo 1000")
        result = self.run_script("build", "test", "guest")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_not_debian(self):
        self.assert_one_line(self.run_script("build"), "not a Debian system", "QUINCE_DEPS=0")
        self.assertEqual(self.run_script("build", QUINCE_DEPS="0").returncode, 0)

    def test_no_apt(self):
        self.nothing_installed()
        self.assert_one_line(self.run_script("build"), "apt-get is missing", "cmake")

    def test_neither_root_nor_sudo(self):
        self.nothing_installed()
        self.fake("apt-get", "exit 0")
        self.fake("id", "echo 1000")
        self.assert_one_line(self.run_script("guest"), "neither root nor sudo", "apt-get install gcc-12-source")

    def test_sudo_is_used_when_not_root(self):
        self.nothing_installed()
        self.fake("apt-get", "exit 0")
        self.fake("id", "echo 1000")
        self.fake("sudo", f'printf "%s\\n" "$*" >>"{self.bin}/sudo.log"')
        self.assertEqual(self.run_script("guest").returncode, 0)
        log = (self.bin / "sudo.log").read_text().splitlines()
        self.assertEqual(len(log), 2, log)
        self.assertTrue(log[0].endswith(" update") and " apt-get " in log[0], log)
        self.assertTrue(log[1].endswith(" install --no-install-recommends gcc-12-source"), log)

    def test_no_network(self):
        self.nothing_installed()
        self.fake("apt-get", "echo \"E: Failed to fetch x  Temporary failure resolving 'deb.debian.org'\"\nexit 100")
        self.assert_one_line(self.run_script("guest"), "can't be reached", "gcc-12-source")

    def test_apt_refuses(self):
        self.nothing_installed()
        self.fake("apt-get", 'echo "E: Unable to locate package gcc-12-source"\nexit 100')
        self.assert_one_line(self.run_script("guest"), "Unable to locate package gcc-12-source")

    def test_unknown_group(self):
        self.nothing_installed()
        self.assert_one_line(self.run_script("docs"), "no group 'docs'")
        self.assert_one_line(self.run_script(), "no group named")

    def test_every_package_says_what_for(self):
        for line in (house.ROOT / "scripts" / "packages.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                words = line.split()
                self.assertIn(words[0], {"build", "test", "guest", "linux", "images"}, line)
                self.assertGreaterEqual(len(words), 3, line)


if __name__ == "__main__":
    unittest.main()
