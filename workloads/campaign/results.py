"""What the jobs of a campaign left, and the numbers of each workload."""

import csv
import os
import statistics

from . import plan as plans

NO_PAIR = {"[unknown]"}  # whose calls are nobody's: no library


class Result:
    """A workload and all its runs."""

    def __init__(self, name, statuses, directories):
        self.name = name
        self.statuses = statuses
        done = [(status, directory) for status, directory in zip(statuses, directories) if status["result"] == "ok"]
        self.runs = len(done)
        self.directories = [directory for _, directory in done]
        self.pair_sets = [pairs_of(f"{directory}/table.csv") for directory in self.directories]
        self.pairs = set().union(*self.pair_sets)
        self.libraries = {library for library, _ in self.pairs}
        self.done = [status for status, _ in done]

    @property
    def result(self):
        """The worst of its runs', and why."""
        for result in ("failed", "skipped"):
            for status in self.statuses:
                if status["result"] == result:
                    return result, status["reason"]
        return "ok", ""

    def median(self, key):
        """Of all runs that have it, or None."""
        values = [status[key] for status in self.done if key in status]
        return statistics.median(values) if values else None

    def percent(self, key):
        """Of all calls of all runs, or None."""
        calls = sum(status["calls"] for status in self.done)
        return 100 * sum(status[key] for status in self.done) / calls if calls else None

    def alike(self):
        """Jaccard's index of the runs' pairs, of all of them at once: in all of them over in any; None of one run."""
        if len(self.pair_sets) < 2 or not self.pairs:
            return None
        return 100 * len(set.intersection(*self.pair_sets)) / len(self.pairs)


def pairs_of(table):
    """{(library, system call)} of those with calls."""
    with open(table, encoding="utf-8", newline="") as file:
        return {(row["library"], row["syscall"]) for row in csv.DictReader(file)
                if row["calls"] != "0" and row["library"] not in NO_PAIR}


def collect(campaign):
    """The results of all workloads of the plan, by name; of a job that left nothing it is said."""
    plan, directories = plans.read(campaign), {}
    statuses = {name: [{"result": "skipped", "reason": reason}] for name, reason in plan["skipped"].items()}
    for job in plan["jobs"]:
        status = plans.status(campaign, job) or {"result": "failed", "reason": "the job left no result"}
        statuses.setdefault(job["workload"], []).append(status)
        directories.setdefault(job["workload"], []).append(plans.job_directory(campaign, job))
    return [Result(name, statuses[name], directories.get(name, [])) for name in sorted(statuses)]


def new_pairs(results):
    """{workload: pairs that no other one shows}"""
    shown = {}
    for result in results:
        for pair in result.pairs:
            shown.setdefault(pair, []).append(result.name)
    new = {result.name: set() for result in results}
    for pair, names in shown.items():
        if len(names) == 1:
            new[names[0]].add(pair)
    return new


def run_files(results):
    """The run files of all that was done."""
    return [os.path.join(directory, "run.json") for result in results for directory in result.directories]
