"""Runs the jobs of a campaign side by side on this machine, and says how far it is."""

import os
import shutil
import signal
import subprocess
import sys
import time

from . import plan as plans, private
from .job import become_subreaper, end_descendants, end_with_parent


class Progress:
    """Standard error: a line for each job that has ended; on a terminal one line more, of those that run."""

    def __init__(self, total):
        self.total = total
        self.done = self.failed = self.skipped = 0
        self.start = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def ended(self, job, status):
        """A job has ended."""
        self.done += 1
        self.failed += status["result"] == "failed"
        self.skipped += status["result"] == "skipped"
        seconds = f" {status['seconds']:.1f} s" if "seconds" in status else ""
        reason = f": {status['reason']}" if status["reason"] else ""
        self.say(f"{status['result']:7} {job['workload']}.{job['number']}{seconds}{reason}\n")

    def running(self, jobs):
        """These run; [(job, when it began)]."""
        if not self.terminal:
            return
        now = time.monotonic()
        names = ", ".join(f"{job['workload']} {now - start:.0f} s" for job, start in jobs)
        left = self.total - self.done - len(jobs)
        counts = [f"{number} {what}" for number, what in ((left, "left"), (self.failed, "failed"),
                                                          (self.skipped, "skipped")) if number]
        minutes, seconds = divmod(int(now - self.start), 60)
        line = f"{self.done}/{self.total}, {minutes}:{seconds:02}{''.join(f', {count}' for count in counts)} | {names}"
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\033[K{line if len(line) <= width else line[:width - 3] + '...'}")
        sys.stderr.flush()

    def say(self, text):
        """A line that stays."""
        sys.stderr.write(f"\r\033[K{text}" if self.terminal else text)
        sys.stderr.flush()


def run_jobs(campaign, jobs, slots, command):
    """Runs the jobs, [(number, job)], at most so many at once. Each is a process of its own, which `command` makes of
    its number and slot, and in a session of its own: an interrupt is ours to pass on."""
    progress, waiting, running = Progress(len(jobs)), list(jobs), {}
    become_subreaper()
    private.clear(campaign)
    try:
        while waiting or running:
            while waiting and len(running) < slots:
                number, job = waiting.pop(0)
                slot = min(set(range(slots)) - {slot for _, _, slot in running.values()})
                process = subprocess.Popen(command(number, slot), stdin=subprocess.DEVNULL, start_new_session=True,
                                           preexec_fn=end_with_parent)
                running[process] = (job, time.monotonic(), slot)
            for process in [process for process in running if process.poll() is not None]:
                job, _, _ = running.pop(process)
                progress.ended(job, outcome(campaign, job, process, running))
            progress.running([(job, start) for job, start, _ in running.values()])
            time.sleep(0.1)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait()
        progress.say("")


def outcome(campaign, job, process, running):
    """The status of a job whose process has ended. If it was killed, its script ends by itself, and cleans up (see
    end_with_parent()); what the script leaves has become ours."""
    status = plans.status(campaign, job) if process.returncode in (0, 1) else None
    if not status:
        end_descendants(patience=20, spared={other.pid for other in running})
        private.clear(campaign)
    return status or lost(process)


def lost(process):
    """The status of a job whose process ended without one."""
    return {"result": "failed", "reason": f"the job's process ended with {process.returncode}"}


def slots_of_machine():
    """How many jobs at once, unless told."""
    return max(1, len(os.sched_getaffinity(0)) // 2)
