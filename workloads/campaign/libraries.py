"""A page for each library: what it asks the kernel for over all programs that load it, by which of its functions it was
entered (entry), and through which function of the C library it asked (via)."""

import json
import os
import subprocess
import urllib.parse

from . import page, plan as plans

DIRECTORY = "libraries"
KEYS = ("library", "syscall", "program", "entry", "via")


def file_name(library):
    """Of its page: a name without a slash, for a library may be called anything."""
    return urllib.parse.quote(library, safe="") + ".html"


def read(campaign):
    """{library: rows}, most calls first, of the cut that write() had made."""
    try:
        with open(os.path.join(campaign, "libraries.json"), encoding="utf-8") as file:
            rows = json.load(file)["rows"]
    except FileNotFoundError:
        return {}
    found = {}
    for row in rows:
        found.setdefault(row["library"], []).append(row)
    return found


def write(campaign, tracer, merged):
    """Makes the cut, and the pages of it."""
    subprocess.run([tracer, "report", "-q", merged, f"--by={','.join(KEYS)}", "--measure=calls", "--table",
                    "-o", os.path.join(campaign, "libraries.json")], check=True)
    os.makedirs(os.path.join(campaign, DIRECTORY), exist_ok=True)
    for library, rows in read(campaign).items():
        plans.write_whole(os.path.join(campaign, DIRECTORY, file_name(library)), library_page(library, rows))


def sums(rows, key):
    """[(value of the key, calls)], most calls first."""
    calls = {}
    for row in rows:
        calls[row[key]] = calls.get(row[key], 0) + row["calls"]
    return sorted(calls.items(), key=lambda item: (-item[1], item[0]))


def library_page(library, rows):
    """All that is known of it."""
    calls, programs = sums(rows, "syscall"), sums(rows, "program")
    by_call = {}
    for row in rows:
        by_call.setdefault(row["syscall"], set()).add(row["program"])
    body = [
        page.paragraph(page.link("../summary.html", "All workloads")),
        page.paragraph(f"{sum(count for _, count in calls)} calls of {len(calls)} system calls, "
                       f"in {len(programs)} programs"),
        page.heading("System calls"),
        page.table(["system call", "programs", "calls"],
                   [[call, ", ".join(sorted(by_call[call])), count] for call, count in calls]),
        page.heading("Programs"),
        page.table(["program", "calls"], programs),
        page.heading("By entry and via"),
        page.table(["system call", "program", "entry", "via", "calls"],
                   [[row[key] for key in ("syscall", "program", "entry", "via", "calls")] for row in rows]),
    ]
    return page.whole(library, body)


def index(campaign):
    """The libraries, each with a link to its page."""
    rows = [[page.link(f"{DIRECTORY}/{urllib.parse.quote(file_name(library))}", library),
             len(sums(rows, "syscall")), len(sums(rows, "program")), sum(row["calls"] for row in rows)]
            for library, rows in sorted(read(campaign).items())]
    return [page.table(["library", "system calls", "programs", "calls"], rows, numbers_from=1)] if rows else []
