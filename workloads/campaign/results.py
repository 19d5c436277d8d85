"""What the jobs of a campaign left, and the numbers of each workload."""

import os
import statistics
import subprocess

from . import plan as plans

CANNOT = 125  # exit status of a tracer that cannot do it, and has said why


class Result:
    """A workload and all its runs."""

    def __init__(self, name, statuses, directories):
        self.name = name
        self.statuses = statuses
        done = [(status, directory) for status, directory in zip(statuses, directories) if status["result"] == "ok"]
        self.runs = len(done)
        self.directories = [directory for _, directory in done]
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


def collect(campaign):
    """The results of all workloads of the plan, by name; of a job that left nothing it is said."""
    plan, statuses, directories = plans.read(campaign), {}, {}
    for job in plan["jobs"]:
        status = plans.status(campaign, job) or {"result": "failed", "reason": "the job left no result"}
        statuses.setdefault(job["workload"], []).append(status)
        directories.setdefault(job["workload"], []).append(plans.job_directory(campaign, job))
    return [Result(name, statuses[name], directories[name]) for name in sorted(statuses)]


def run_files(results):
    """The run files of all that was done."""
    return [os.path.join(directory, "run.json") for result in results for directory in result.directories]


def check(campaign, jobs):
    """Sees that the tracer can read the run files of those of the jobs that are done: else they have failed."""
    plan = plans.read(campaign)
    directories = [plans.job_directory(campaign, job) for job in jobs]
    done = [directory for directory in directories if plans.is_done(directory)]
    if not done or not unreadable(plan["tracer"], done):
        return
    for directory in done:
        if reason := unreadable(plan["tracer"], [directory]):
            status = plans.read_status(directory) | {"result": "failed", "reason": f"unreadable result: {reason}"}
            plans.write_status(directory, status)


def unreadable(tracer, directories):
    """Why the runs cannot be read as one; empty if they can. A CalledProcessError if the tracer ends otherwise than by saying
    so: killed, it has said nothing about them."""
    command = [tracer, "report", "-q", *(os.path.join(directory, "run.json") for directory in directories),
               "--format=csv", "-o", os.devnull]
    report = subprocess.run(command, stderr=subprocess.PIPE, check=False, text=True, errors="replace")
    if report.returncode not in (0, CANNOT):
        raise subprocess.CalledProcessError(report.returncode, command)
    said = report.stderr.strip().rpartition("\n")[2].removeprefix("systrace-lib: ")
    return (said or "the tracer cannot read it") if report.returncode else ""
