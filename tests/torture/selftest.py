"""gcc_torture.py itself: it sees who fails, and says in one line what it lacks."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RUNNER = Path(__file__).with_name("gcc_torture.py")
SAMPLE = 12


def run(*arguments, **variables):
    command = [sys.executable, "-B", str(RUNNER), "--sample", str(SAMPLE), *arguments]
    return subprocess.run(command, env=os.environ | variables, text=True, capture_output=True, check=False)


class TortureRunnerTest(unittest.TestCase):
    def test_nothing_passes_where_every_program_fails(self):
        result = run("--quince", "false")
        self.assertEqual(result.stdout.splitlines()[-1], f"0 of {SAMPLE} pass", result)
        self.assertEqual(result.stdout.count("FAILED: "), SAMPLE)
        self.assertEqual(result.returncode, 1)

    def test_a_test_fails_that_is_made_to_fail(self):
        """The oracle in our place, but for one of the two processors."""
        with tempfile.TemporaryDirectory() as folder:
            fails_for_7400 = Path(folder) / "run"
            fails_for_7400.write_text('#!/bin/sh\n[ "$2" = 750 ] && exec qemu-ppc -cpu 750 "$3"\nexit 9\n')
            fails_for_7400.chmod(0o755)
            result = run("--quince", str(fails_for_7400))
        self.assertEqual(result.stdout.splitlines()[-1], f"{SAMPLE // 2} of {SAMPLE} pass", result)
        self.assertEqual(result.stdout.count("status 9"), SAMPLE // 2)
        self.assertEqual(result.returncode, 1)

    def test_what_is_missing_is_named(self):
        for result, words in (
                (run("--quince", "/nonexistent/quince"), "/nonexistent/quince: no such program"),
                (run("--quince", "true", "--gcc-source", "/nonexistent"), "./run --deps")):
            self.assertEqual(result.returncode, 1)
            self.assertIn(words, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)


if __name__ == "__main__":
    unittest.main()
