"""A page for each library: what it asks the kernel for over all programs that load it, by which of its functions it was
entered (entry), and through which function of the C library it asked (via)."""

import json
import os
import subprocess
import urllib.parse

from . import page, plan as plans

DIRECTORY = "libraries"
KEYS = ("library", "syscall", "program", "entry", "via")
FEW = 8  # programs that are named without a click


def file_name(library):
    """Of its page: a name without a slash, for a library may be called anything."""
    return urllib.parse.quote(library, safe="") + ".html"


def write(directory, tracer, merged):
    """Makes the cut of the merged run, and the pages of it: {library: rows}, most calls first."""
    cut = os.path.join(directory, "libraries.json")
    subprocess.run([tracer, "report", "-q", merged, f"--by={','.join(KEYS)}", "--measure=calls", "--table", "-o", cut],
                   check=True)
    found = {}
    with open(cut, encoding="utf-8") as file:
        for row in json.load(file)["rows"]:
            found.setdefault(row["library"], []).append(row)
    os.makedirs(os.path.join(directory, DIRECTORY), exist_ok=True)
    for library, rows in found.items():
        plans.write_whole(os.path.join(directory, DIRECTORY, file_name(library)), library_page(library, rows))
    return found


def sums(rows, *keys):
    """[(value of each key ..., calls)], most calls first."""
    calls = {}
    for row in rows:
        values = tuple(row[key] for key in keys)
        calls[values] = calls.get(values, 0) + row["calls"]
    return sorted(((*values, count) for values, count in calls.items()), key=lambda line: (-line[-1], line))


def programs_of(rows):
    """A cell with their programs, folded where they are many."""
    names = sorted({row["program"] for row in rows})
    return ", ".join(names) if len(names) <= FEW else page.folded(f"{len(names)} programs", ", ".join(names))


def ways(rows):
    """One system call by entry and via: [(entry, via, programs, calls)], most calls first."""
    by_way = {}
    for row in rows:
        by_way.setdefault((row["entry"], row["via"]), []).append(row)
    return [(entry, via, programs_of(by_way[entry, via]), calls) for entry, via, calls in sums(rows, "entry", "via")]


def library_page(library, rows):
    """All that is known of it."""
    programs, by_call = sums(rows, "program"), {}
    for row in rows:
        by_call.setdefault(row["syscall"], []).append(row)
    calls = sums(rows, "syscall")
    body = [
        page.paragraph(page.link("../summary.html", "All workloads")),
        page.paragraph(f"{sum(count for _, count in calls)} calls of {len(calls)} system calls, "
                       f"in {len(programs)} programs. Each system call by the function of the library that was entered, "
                       "and by the function of the C library through which it asked:"),
    ]
    for call, count in calls:
        table = page.table(["entry", "via", "programs", "calls"], ways(by_call[call]), numbers_from=3)
        body.append(page.part(f"{call}: {count}", table))
    body += [page.heading("Programs"), page.table(["program", "calls"], programs, numbers_from=1)]
    return page.whole(library, body)


def index(found):
    """The libraries, each with a link to its page."""
    rows = [[page.link(f"{DIRECTORY}/{urllib.parse.quote(file_name(library))}", library),
             len(sums(rows, "syscall")), len(sums(rows, "program")), sum(row["calls"] for row in rows)]
            for library, rows in sorted(found.items())]
    return [page.table(["library", "system calls", "programs", "calls"], rows, numbers_from=1)] if rows else []
