"""ShellCheck has nothing to say about our shell scripts."""

import house


def check(root):
    return house.tool_findings(["shellcheck", "-x", "-P", "SCRIPTDIR"], root, house.shell_scripts(root))


if __name__ == "__main__":
    house.main(check)
