"""One job: a workload, natively if asked for, and under the tracer.

It runs in a process of its own, which is the subreaper of all that the workload starts: what is still there when the
script has ended was left behind. The results become the job's directory at once, when the job has ended, and take the
place of an earlier attempt's, unless that has succeeded: so a job that is tried again does not count twice, what is done
stays done, and a job that is lost costs its own results only.
"""

import contextlib
import csv
import ctypes
import errno
import json
import os
import shlex
import shutil
import signal
import subprocess
import time

from . import plan as plans
from .declaration import DIRECTORY, LEVELS, Workload, installed_packages
from .private import Private

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
CANNOT = 125  # exit status of a workload that cannot run here, and has said why


class Failure(Exception):
    """The job was not done; why."""


class Skipped(Exception):
    """The job cannot be done here; why."""


class Attempt:
    """One execution of the workload's script: what it printed, how long it took."""

    def __init__(self, workload, level, environment, private, what):
        self.limit = workload.limit * LEVELS[level]
        self.path = workload.path
        self.environment = environment
        self.private = private
        self.output = os.path.join(private.results, f"{what}output")
        self.log = os.path.join(private.results, f"{what}log")
        self.seconds = None

    def run(self):
        """Runs it to its end; a Failure if the work was not done, or something was left behind."""
        start = time.monotonic()
        try:
            with open(self.output, "wb") as output, open(self.log, "wb") as log:
                script = subprocess.Popen(["bash", self.path], stdin=subprocess.DEVNULL, stdout=output, stderr=log,
                                          preexec_fn=end_with_parent,
                                          env=dict(os.environ, TMPDIR=self.private.scratch, **self.environment))
                status = self.wait(script)
            self.seconds = time.monotonic() - start
            self.judge(status, end_descendants(), os.listdir(self.private.scratch))
        finally:
            end_descendants(patience=0)
            self.private.empty_scratch()

    def wait(self, script):
        """The exit status of the script, or None if it had to be ended."""
        try:
            return script.wait(self.limit)
        except BaseException as reason:  # also ours to end
            script.terminate()
            try:
                script.wait(20)
            except subprocess.TimeoutExpired:
                script.kill()
            if isinstance(reason, subprocess.TimeoutExpired):
                return None
            raise

    def judge(self, status, processes, files):
        """Was the work done, and nothing left?"""
        if status == CANNOT:
            raise Skipped(self.last_line())
        if status is None:
            raise Failure(f"it takes longer than {self.limit} s")
        if status:
            raise Failure(self.first_line() or f"exit status {status}")
        if processes:
            raise Failure(f"it left processes behind: {', '.join(processes)}")
        if files:
            raise Failure(f"it left files behind: {', '.join(files)}")

    def lines(self):
        """What the script said."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file if line.strip()]

    def first_line(self):
        """What the script said first of itself: `fail` names it."""
        name = os.path.basename(self.path).removesuffix(".sh")
        said = [line for line in self.lines() if line.startswith(f"{name}: ")]
        return said[0].removeprefix(f"{name}: ") if said else ""

    def last_line(self):
        """Why it cannot run."""
        return self.first_line() or "it cannot run here"


def end_with_parent():
    """The process that is to be a script does not outlive us, however we end: it gets a signal, and cleans up."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def become_subreaper():
    """Orphans of all that this process starts become its children."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid):
    """Of the process; none if it has ended."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    except OSError:
        pass
    return found


def descendants(spared=()):
    """{pid: name} of all processes below this one; but those spared, and what is below them."""
    found, queue = {}, [os.getpid()]
    while queue:
        below = [pid for pid in children(queue.pop()) if pid not in spared]
        queue += below
        for pid in below:
            try:
                with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                    found[pid] = file.read().strip()
            except OSError:
                pass  # it has ended
    return found


def end_descendants(patience=5, spared=()):
    """Names of the processes that have not ended by themselves within so many seconds; they are ended then."""
    deadline = time.monotonic() + patience
    while True:
        reap(spared)
        left = descendants(spared)
        if not left or time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    while descendants(spared):
        reap(spared)
        time.sleep(0.01)
    return sorted(left.values())


def reap(spared):
    """Takes the orphans that have ended."""
    for pid in children(os.getpid()):
        if pid not in spared:
            os.waitpid(pid, os.WNOHANG)


def tracer_words(tracer, workload, directory, options=()):
    """The words of PREFIX; further options of the tracer."""
    control = [f"--control={directory}/control"] if workload.phases else []
    return shlex.join([tracer, "-q", "-o", f"{directory}/table.csv", "-o", f"{directory}/run.json",
                       f"--workload={workload.name}", *control, *options, "--"])


def check_results(directory):
    """Every call has a caller and an issuer, none is lost; the numbers of the run."""
    with open(f"{directory}/table.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(f"{directory}/run.json", encoding="utf-8") as file:
        quality = json.load(file)["executions"][0]["quality"]
    calls, issued = (sum(int(row[column]) for row in rows) for column in ("calls", "issued"))
    if not calls or calls != issued or calls != quality["entries"] or quality["lost"]:
        raise Failure(f"{calls} calls, {issued} issued, {quality['entries']} entries, {quality['lost']} lost")
    return {"calls": calls, "complete": quality["complete"], "inexact": sum(int(row["inexact"]) for row in rows)}


def compare_output(native, traced):
    """Did the program answer as it does natively?"""
    with open(native, "rb") as one, open(traced, "rb") as other:
        if one.read() != other.read():
            raise Failure("it prints other things than natively: output, native.output")


def attempt(plan, workload, private, slot):
    """Runs the job in the directory; its numbers."""
    installed = installed_packages()
    if missing := workload.missing(installed):
        raise Skipped(f"it needs {', '.join(missing)}{'' if installed is None else ': --install installs that'}")
    environment = {"LEVEL": plan["level"], "SLOT": str(slot), "PREFIX": "", "CONTROL": ""}
    numbers, directory = {}, private.results
    native = Attempt(workload, plan["level"], environment, private, "native.")
    if plan["native"]:
        native.run()
        numbers["native_seconds"] = native.seconds
    environment = dict(environment, PREFIX=tracer_words(plan["tracer"], workload, directory))
    if workload.phases:
        environment["CONTROL"] = f"{directory}/control"
    traced = Attempt(workload, plan["level"], environment, private, "")
    traced.run()
    numbers["seconds"] = traced.seconds
    numbers |= check_results(directory)
    if plan["native"]:
        compare_output(native.output, traced.output)
    return numbers


def run(campaign, number, slot):
    """Runs the job of this number, and leaves its directory; its status."""
    become_subreaper()
    plan = plans.read(campaign)
    job = plan["jobs"][number]
    workload = Workload(os.path.join(DIRECTORY, f"{job['workload']}.sh"))
    private = Private(campaign, job["workload"])
    status = {"workload": workload.name, "number": job["number"], "level": plan["level"], "result": "ok", "reason": ""}
    try:
        status |= attempt(plan, workload, private, slot)
    except Skipped as reason:
        status |= {"result": "skipped", "reason": str(reason)}
    except Failure as reason:
        status |= {"result": "failed", "reason": str(reason)}
    except BaseException:
        private.remove()
        raise
    return leave(plans.job_directory(campaign, job), private, status)


def leave(final, private, status):
    """Makes the private directory the job's, in place of an earlier attempt's that has not succeeded; the status that
    stands then."""
    plans.write_status(private.results, status)
    while not plans.is_done(final):
        try:
            private.become(final)
            return status
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        displace(final, os.path.join(private.results, "earlier"))
    private.remove()
    return plans.read_status(final)


def displace(final, aside):
    """Removes an earlier attempt's directory. What is done is looked at where nobody else has it: another attempt may have
    succeeded just now, and goes back."""
    with contextlib.suppress(FileNotFoundError):
        os.rename(final, aside)
        if plans.is_done(aside):
            os.rename(aside, final)
        else:
            shutil.rmtree(aside)
