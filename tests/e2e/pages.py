"""Pages of docs/ that show a session: indented blocks that begin with "$ ", each a command and what it prints."""

import os
import re

import harness

ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../..")
BETWEEN = "\x1e"  # outputs of two commands
BLOCK = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.MULTILINE)
FIRST_WORDS = f"PATH={os.path.dirname(harness.TRACER)}:$PATH; "


def session(page):
    """The page's commands, each with its output, in their order."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        blocks = BLOCK.findall(file.read())
    text = "".join(re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n") + "\n" for block in blocks
                   if block.lstrip("\n").startswith("    $ "))
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)


def write_files(commands, directory):
    """Of `cat FILE`, what it shows, unless a command writes the file."""
    for command, output in commands:
        path = re.fullmatch(r"cat ([\w./]+)", command)
        if path and not path[1].endswith(".txt"):
            path = os.path.join(directory, path[1])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(output)


def outputs(sandbox, commands, setup):
    """What the commands print, run in one shell, in which each sees the exit status of the one before."""
    script = FIRST_WORDS + "s=0; exec 2>&1; " + "".join(
        f"(exit $s); {command}\ns=$?; printf '{BETWEEN}'\n" for command, _ in commands)
    return sandbox.run(script, setup=setup).stdout.decode().split(BETWEEN)[:-1]


def normal(text, varies):
    """Without what may differ, each a regular expression and what comes in its place."""
    for what, by in varies:
        text = re.sub(what, by, text)
    return text.rstrip("\n")


def check(sandbox, page, varies=(), setup=None):
    """What is wrong: the page is what comes of its commands."""
    commands = session(page)
    printed = outputs(sandbox, commands, setup or (lambda directory: write_files(commands, directory)))
    if len(printed) != len(commands):
        yield f"{len(commands)} commands have {len(printed)} outputs: {printed[-1:]}"
    for (command, shown), output in zip(commands, printed):
        if normal(shown, varies) != normal(output, varies):
            yield f"{page}: $ {command}\n--- it says\n{shown}--- it is\n{output}---"


def update(sandbox, page, setup):
    """Writes the page anew, with what its commands print."""
    printed = iter(outputs(sandbox, session(page), setup))

    def renew(block):
        if not block[0].lstrip("\n").startswith("    $ "):
            return block[0]
        lines = []
        for command in re.findall(r"^    \$ .*$", block[0], re.MULTILINE):
            lines.append(command)
            lines += ["    " + line if line else "" for line in next(printed).rstrip("\n").split("\n")]
        return re.match(r"\n*", block[0])[0] + "\n".join(lines).rstrip() + "\n"

    path = os.path.join(ROOT, page)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(BLOCK.sub(renew, text))
