"""Configuration files, and errors that name what was meant. config.py QUINCE PROGRAM"""

import subprocess
import sys
import tempfile
from pathlib import Path

QUINCE = sys.argv[1]
USAGE, UNUSABLE = 2, 3


def run(*arguments):
    return subprocess.run([QUINCE, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False, text=True)


def expect_error(result, status, *parts):
    if result.returncode != status or result.stderr.count("\n") != 1 or not result.stderr.startswith("quince: "):
        raise AssertionError(f"status {result.returncode}, {result.stderr!r} for {result.args[1:]}")
    for part in parts:
        if part not in result.stderr:
            raise AssertionError(f"no {part!r} in {result.stderr!r}")


def check_config(folder):
    file = folder / "machine.toml"

    def configured(text, *more):
        file.write_text(text, encoding="utf-8")
        return run("run", str(file), *more)

    prompt = 'boot = "prompt"\nserial = "stdio"\nuntil = "0 > "\ntimeout = 50.5\nclock = "instructions"\ndisplay = "none"\n'
    for result in (configured(prompt), configured(prompt + 'ram = "4G"\n', "--ram", "128M")):  # the command line wins
        if result.returncode != 0 or "0 > " not in result.stdout:
            raise AssertionError(f"status {result.returncode}: {result.stderr}{result.stdout[-500:]}")
    expect_error(configured("# ok\nramm = '1G'"), USAGE, "machine.toml:2:", "did you mean 'ram'")
    expect_error(configured("ram = "), USAGE, "machine.toml:1:")
    expect_error(configured("ram = 'much'"), USAGE, "machine.toml:1:", "ram")
    expect_error(configured("board = 'mac'"), USAGE, "board")
    expect_error(configured("cd = 'none.iso'"), UNUSABLE, f"{folder}/none.iso")
    expect_error(configured("disk = [{file = 'none.img', readonly = true}]"), UNUSABLE, f"{folder}/none.img")
    expect_error(configured("disk = {file = 'none.img', read = true}"), USAGE, "disk")
    expect_error(configured("paused = [[1]]"), USAGE, "paused")
    expect_error(configured("help = true"), USAGE, "help")
    expect_error(configured("[)a]\nb = 1"), USAGE, "machine.toml: it is not TOML")
    expect_error(configured("ram =\u0406\nb = 1"), USAGE, "machine.toml:1: ")
    hostile = configured('"\\u001b[2J\\n" = 1')
    expect_error(hostile, USAGE, "machine.toml:1:", "?[2J?")
    expect_error(configured("x" * 5000 + " = 1"), USAGE, "machine.toml:1:", "xxx...xxx")
    if "\x1b" in hostile.stderr:
        raise AssertionError(f"a file speaks to the terminal: {hostile.stderr!r}")
    expect_error(configured("[machine]\nram = '1G'"), USAGE, "machine")
    file.write_bytes(bytes(range(256)))
    expect_error(run("run", "--config", str(file)), USAGE, "machine.toml:1:")
    expect_error(run("run", "--config", str(folder)), USAGE, str(folder))
    expect_error(run("run", "--config", str(folder / "none.toml")), USAGE, "none.toml")


def check_unknown_words():
    expect_error(run("run", "--ramm", "5"), USAGE, "--ramm", "--ram?")
    expect_error(run("exec", "--engin", "jit"), USAGE, "--engine?")
    expect_error(run("runn"), USAGE, "runn", "run?")
    expect_error(run("run", "--boot", "disc"), USAGE, "--boot", "disk")
    expect_error(run("run", "--engine", "jitt"), USAGE, "'jitt'", "did you mean 'jit'?")
    expect_error(run("run", "--board", "power-mac-g4"), USAGE, "'power-mac-g4'", "bare, beige-g3")
    expect_error(run("--xyzzy"), USAGE, "--xyzzy", "--help")


def check_contradictions():
    """Options that contradict each other, or have no effect: the line names what would help."""
    kernel = sys.argv[2]  # any ELF file will do: it is never started
    for words, parts in [
        (["--initrd", kernel], ("--initrd", "--kernel")),
        (["--append", "quiet"], ("--append", "--kernel")),
        (["--boot", "kernel"], ("--boot kernel", "--kernel")),
        (["--boot", "disk"], ("--boot disk", "--disk")),
        (["--boot", "cd"], ("--boot cd", "--cd")),
        (["--net", "user"], ("--net user", "--net none")),
        (["--paused"], ("--paused", "--gdb", "--monitor")),
        (["--board", "bare", "--screenshot", "x.png", kernel], ("--screenshot", "--board beige-g3")),
        (["--board", "bare", "--kernel", kernel], ("--kernel", "ELF")),
        (["--board", "bare"], ("bare",)),
        (["--monitor", "stdio", "--serial", "stdio"], ("--monitor", "--serial")),
        (["--monitor", "tcp:1"], ("--monitor", "stdio", "unix:PATH")),
        (["--serial", "modem"], ("--serial",)),
        (["--gdb", "nowhere"], ("--gdb", "HOST:PORT")),
        (["--ram", "3G"], ("--ram",)),
        (["--ram", "-1"], ("--ram",)),
        (["--timeout", "0"], ("--timeout",)),
        (["--timeout", "soon"], ("--timeout",)),
        (["--screen", "1x1"], ("--screen",)),
    ]:
        expect_error(run("run", "--display", "none", *words), USAGE, *parts)
    for command in ("exec", "translate", "info"):
        result = run(command)
        if result.returncode != USAGE or result.stderr.count("\n") != 1:
            raise AssertionError(f"{command}: {result}")


def check_descriptions():
    script = run("completion").stdout
    words = 'COMP_WORDS=(quince run --bo); COMP_CWORD=2; _quince; echo "${COMPREPLY[@]}"'
    choices = 'COMP_WORDS=(quince run --boot d); COMP_CWORD=3; _quince; echo "${COMPREPLY[@]}"'
    for question, answer in ((words, {"--board", "--boot"}), (choices, {"disk"})):
        result = subprocess.run(["bash", "-c", f"{script}\n{question}"], stdout=subprocess.PIPE, check=True, text=True)
        if set(result.stdout.split()) != answer:
            raise AssertionError(f"{question}: {result.stdout!r}")
    manual = run("manual").stdout
    for part in (".TH QUINCE 1", "\\-\\-screenshot", "EXIT STATUS"):
        if part not in manual:
            raise AssertionError(f"no {part!r} in the manual page")


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_config(Path(folder))
    check_unknown_words()
    check_contradictions()
    check_descriptions()


if __name__ == "__main__":
    main()
