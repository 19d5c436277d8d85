"""The summary of a campaign: the workloads with their numbers, as text, CSV and HTML; all runs as one; what is unseen. It
grows in a private directory, as a job's results do, and its files come to the others when all are there.
"""

import csv
import json
import os
import statistics
import subprocess
import textwrap

from . import libraries, page, plan as plans, private, results


def cell(value, digits=None):
    """Text of a number; nothing for None."""
    if value is None:
        return ""
    return f"{value:.{digits}f}" if digits is not None else f"{value:.0f}"


# A column: its name in CSV, its heading for people, and its text for a result and what `coverage` says of the workload.
COLUMNS = (
    ("workload", "workload", lambda result, shown: result.name),
    ("result", "result", lambda result, shown: result.result[0]),
    ("runs", "runs", lambda result, shown: cell(result.runs)),
    ("native_seconds", "native", lambda result, shown: cell(result.median("native_seconds"), 2)),
    ("seconds", "traced", lambda result, shown: cell(result.median("seconds"), 2)),
    ("ratio", "ratio", lambda result, shown: cell(ratio(result), 2)),
    ("calls", "calls", lambda result, shown: cell(result.median("calls"))),
    ("libraries", "libs", lambda result, shown: cell(shown.get("libraries"))),
    ("pairs", "pairs", lambda result, shown: cell(shown.get("pairs"))),
    ("new_pairs", "new", lambda result, shown: cell(shown.get("only_pairs"))),
    ("complete_percent", "compl%", lambda result, shown: percent(result.percent("complete"), 2)),
    ("same_percent", "same%", lambda result, shown: percent(alike(shown), 1)),
)
NOTHING = {"estimates": [{"seen": 0}], "workloads": []}  # what `coverage` would say of no runs
LEFT_OUT = (1, 2)  # of what a terminal shows: result, runs
MEANINGS = (
    "native, traced: seconds; calls: both medians of the runs; ratio: of each job's own.",
    "pairs: of library and system call, in any run; new: that no other workload shows.",
    "compl%: of all calls, those whose stack is complete. same%: of the pairs in any run, those in all.",
)


def ratio(result):
    """How much longer it takes when traced; None without a native run."""
    return statistics.median(ratios) if (ratios := [status["seconds"] / status["native_seconds"] for status in result.done
                                                    if "native_seconds" in status]) else None


def alike(shown):
    """Jaccard's index of the runs' pairs, of all of them at once: in all of them over in any; None of one run."""
    return 100 * shown["common_pairs"] / shown["pairs"] if shown.get("runs", 1) > 1 and shown["pairs"] else None


def percent(value, digits):
    """Not 100 unless it is."""
    if value is None:
        return ""
    return "100" if value == 100 else f"{min(value, 100 - 10 ** -digits):.{digits}f}"


def table(found, coverage):
    """Rows of cells."""
    shown = {row["workload"]: row for row in coverage["workloads"]}
    return [[text(result, shown.get(result.name, {})) for _, _, text in COLUMNS] for result in found]


def totals(found, coverage):
    """One line about all."""
    counts = {}
    for result in found:
        counts[result.result[0]] = counts.get(result.result[0], 0) + 1
    said = ", ".join(f"{counts[what]} {what}" for what in ("ok", "failed", "skipped") if what in counts)
    calls = sum(status["calls"] for result in found for status in result.done)
    of_all, *of_libraries = coverage["estimates"]
    numbers = ((sum(result.runs for result in found), "run"), (calls, "call"),
               (len(of_libraries), "library"), (of_all["seen"], "pair"))
    return f"{counted(len(found), 'workload')}: {said}; {', '.join(counted(*number) for number in numbers)}"


def counted(number, what):
    """With its plural."""
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"


def text_table(headings, rows):
    """Columns as wide as they need; names to the left, numbers to the right; none that is empty all over, and not the
    results, which reasons() has."""
    kept = [i for i in range(len(headings)) if i not in LEFT_OUT and any(row[i] for row in rows)]
    widths = [max(len(line[i]) for line in [headings, *rows]) for i in kept]
    lines = []
    for line in [headings, *rows]:
        cells = [line[i].rjust(width) if i else line[i].ljust(width) for i, width in zip(kept, widths)]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)


def reasons(found):
    """What is not ok, and why."""
    return [(result.name, *result.result) for result in found if result.result[0] != "ok"]


def text(found, coverage):
    """The summary for people."""
    said = [totals(found, coverage), "",
            text_table([heading for _, heading, _ in COLUMNS], table(found, coverage))]
    said += [f"{name} {result}: {reason}" for name, result, reason in reasons(found)]
    return "\n".join([*said, *([""] if reasons(found) else []), *map(textwrap.fill, MEANINGS), ""])


def write_csv(path, found, coverage):
    """The summary as CSV, with the reasons."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([name for name, _, _ in COLUMNS] + ["reason"])
        for row, result in zip(table(found, coverage), found):
            writer.writerow(row + [result.result[1]])


def read(directory, name):
    """A file of the summary's."""
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return file.read()


def write_shown(directory, tracer, files):
    """What the runs show, all as one: the merged run and its table, what is unseen, the libraries; what `coverage` says,
    and the libraries' rows."""
    merged = os.path.join(directory, "campaign.json.gz")
    subprocess.run([tracer, "report", "-q", *files, "-o", merged, "-o", os.path.join(directory, "campaign.csv")], check=True)
    outputs = [f"-o{directory}/coverage.{ending}" for ending in ("json", "txt", "csv", "svg")]
    subprocess.run([tracer, "coverage", merged, *outputs], check=True)
    return json.loads(read(directory, "coverage.json")), libraries.write(directory, tracer, merged)


def html(directory, found, coverage, rows):
    """The page of the campaign."""
    headings = [heading for _, heading, _ in COLUMNS]
    body = [page.paragraph(totals(found, coverage)), page.table(headings, table(found, coverage), numbers_from=2)]
    body.append(page.paragraph(" ".join(MEANINGS), "note"))
    if reasons(found):
        body += [page.heading("Not ok"), page.table(["workload", "result", "reason"], reasons(found))]
    if rows:
        body += [page.heading("What is still unseen"), page.preformatted(read(directory, "coverage.txt")),
                 page.picture(read(directory, "coverage.svg"), "pairs seen, by number of runs"),
                 page.heading("Libraries"), *libraries.index(rows)]
    return page.whole("Workloads", body)


def write(campaign):
    """Writes the summary of what is there; its text, and which results there are."""
    plan = plans.read(campaign)
    private.clear(campaign)
    results.check(campaign, plan["jobs"])
    found, ours = results.collect(campaign), private.Private(campaign, "summary")
    try:
        said = write_in(ours.results, found, plan["tracer"])
        publish(ours.results, campaign)
    finally:
        ours.remove()
    return said, {result.result[0] for result in found}


def write_in(directory, found, tracer):
    """The summary's files; its text."""
    files = results.run_files(found)
    coverage, rows = write_shown(directory, tracer, files) if files else (NOTHING, {})
    said = text(found, coverage)
    plans.write_whole(os.path.join(directory, "summary.txt"), said)
    write_csv(os.path.join(directory, "summary.csv"), found, coverage)
    plans.write_whole(os.path.join(directory, "summary.html"), html(directory, found, coverage, rows))
    return said


def publish(ours, campaign):
    """Moves the files to the campaign's directory, in place of an earlier summary's."""
    for directory, _, files in os.walk(ours):
        target = os.path.join(campaign, os.path.relpath(directory, ours))
        os.makedirs(target, exist_ok=True)
        for file in files:
            if file != private.OWNER:
                os.replace(os.path.join(directory, file), os.path.join(target, file))
