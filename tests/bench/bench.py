"""What the benchmarks share: programs run to their end, the tracers that are compared, and Markdown tables."""

import csv
import dataclasses
import json
import os
import re
import select
import shutil
import signal
import subprocess
import typing

HERE = os.path.dirname(os.path.realpath(__file__))
SYSTRACE = os.path.realpath(os.environ.get("SYSTRACE_LIB", f"{HERE}/../../build/release/tracer/systrace-lib"))
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1"}
WATCH_INTERVAL = 0.005  # seconds between two looks at a tracer's memory
DEADLINE = 900  # seconds: nothing here takes so long
OUT = "out.csv"  # what a tracer writes: its ending tells ours the format
ENGINES = ("seccomp", "ptrace", "agent")


class Failure(Exception):
    """A program or a tracer did not do its work; the text says which and why."""


def compile_programs(directory, names):
    """{name: path} of the C programs beside this file."""
    for name in names:
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-o", f"{directory}/{name}",
                        f"{HERE}/{name}.c"], check=True)
    return {name: f"{directory}/{name}" for name in names}


def path_of(command):
    path = shutil.which(command, path=ENVIRONMENT["PATH"])
    if not path:
        raise Failure(f"{command} is not installed")
    return path


class Process:
    """A command in a session of its own, of which nothing is left at the end of the `with`."""

    def __init__(self, words, directory, stdin=os.devnull):
        self.words = words
        self.directory = directory
        self.stdin = stdin
        self.peak_kib = 0  # the most memory that the command itself, not its children, had when it was looked at

    def __enter__(self):
        with open(self.stdin, "rb") as stdin, open(f"{self.directory}/log", "ab") as log:
            self.popen = subprocess.Popen(self.words, cwd=self.directory, stdin=stdin, stdout=log, stderr=log,
                                          env=dict(ENVIRONMENT, HOME=self.directory), start_new_session=True)
        self.pidfd = os.pidfd_open(self.popen.pid)
        return self

    def __exit__(self, *_):
        os.close(self.pidfd)
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # as it should be
        self.popen.wait()

    def finish(self, watch=False, deadline=DEADLINE):
        """Waits for its end. Popen.wait() would look for it only every so often."""
        interval = WATCH_INTERVAL if watch else deadline
        for _ in range(int(deadline / interval)):
            self.look()
            if self.has_ended(interval):
                break
        else:
            self.fail("it hangs")
        if self.popen.wait():
            self.fail(f"exit status {self.popen.returncode}")

    def look(self):
        self.peak_kib = max(self.peak_kib, memory_peak(self.popen.pid))

    def has_ended(self, seconds=0):
        return bool(select.select([self.pidfd], [], [], seconds)[0])

    def fail(self, what):
        with open(f"{self.directory}/log", encoding="utf-8", errors="replace") as log:
            raise Failure(f"{' '.join(self.words)}: {what}\n{log.read()[-2000:]}")


def memory_peak(pid):
    """KiB; 0 if it has just ended. What wait4() tells is the most of the process and its children."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return int(re.search(r"^VmHWM:\s+(\d+)", file.read(), re.MULTILINE)[1])
    except (OSError, TypeError):
        return 0


@dataclasses.dataclass(frozen=True)
class Peer:
    """A tracer: the words before the command, in which {out} is the file that it writes, and how to read the number of
    calls from that."""

    name: str
    words: tuple
    count: typing.Callable[[str], int]
    at_return: bool = False  # counts calls when they return: not those that never do
    one_word: bool = False  # takes the command as one word, which it splits at the spaces
    pace: str = "usual"  # slow: is run once, on a shorter length if the program has one; fast: on a longer one
    quality: bool = False  # ours: {out}.json can tell more

    def command(self, out, words, with_quality=False):
        more = ["-o", f"{out}.json"] if with_quality and self.quality else []
        return [word.format(out=out) for word in self.words] + more + ([" ".join(words)] if self.one_word else words)

    def calls(self, out):
        with open(out, encoding="utf-8", errors="replace") as file:
            return self.count(file.read())

    def counter(self, out, name):
        """One of the run file's, 0 if there is none."""
        if not self.quality:
            return 0
        with open(f"{out}.json", encoding="utf-8") as file:
            return json.load(file)["executions"][0]["quality"].get(name, 0)

    def absence(self, directory):
        """Why it cannot be used here; None if it can."""
        if not shutil.which(self.words[0], path=ENVIRONMENT["PATH"]):
            return "not installed"
        out = f"{directory}/{OUT}"
        try:
            with Process(self.command(out, ["/bin/true"]), directory) as process:
                process.finish(deadline=60)
            return None if self.calls(out) else "it counts nothing"
        except (Failure, OSError, ValueError, TypeError) as error:
            return str(error).strip().splitlines()[-1]


def count_csv(text):
    return sum(int(row["calls"]) for row in csv.DictReader(text.splitlines()))


def count_strace_summary(text):
    return int(re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+).* total$", text, re.MULTILINE)[1])


def count_strace_log(text):
    return len(re.findall(r"^(?:\d+ +)?\w+\(", text, re.MULTILINE))


def count_perf_trace(text):
    return sum(map(int, re.findall(r"^ +\w+ +(\d+) +\d+ +\d+\.\d+ ", text, re.MULTILINE)))


def count_bpftrace(text):
    return sum(map(int, re.findall(r"^\]: (\d+)$", text, re.MULTILINE)))


# The processes of the command alone, however many other ones the system runs; not what bpftrace's child does before its
# execve (59).
BPFTRACE = ("BEGIN {{ @traced[cpid] = 1; }} "
            "tracepoint:sched:sched_process_fork /@traced[args->parent_pid]/ {{ @traced[args->child_pid] = 1; }} "
            "tracepoint:sched:sched_process_exit /@traced[tid]/ {{ delete(@traced[tid]); }} "
            "tracepoint:raw_syscalls:sys_enter /@traced[tid] && (comm != \"bpftrace\" || args->id == 59)/ "
            "{{ @[ustack] = count(); }} "
            "END {{ clear(@traced); }}")


def ours(engine):
    return Peer(f"systrace-lib, {engine}", (SYSTRACE, "-q", f"--engine={engine}", "-o", "{out}"), count_csv,
                pace="fast" if engine == "agent" else "usual", quality=True)


def peers(floor):
    """{key: Peer}, ours first, by their engines; floor: the path of floor."""
    return {
        **{engine: ours(engine) for engine in ENGINES},
        "floor": Peer("floor", (floor, "{out}"), int),
        "strace": Peer("strace -f -c", ("strace", "-f", "-c", "-o", "{out}"), count_strace_summary, at_return=True),
        # With nothing left out, strace installs no filter: so one call that nobody makes.
        "seccomp-bpf": Peer("strace -f --seccomp-bpf -c",
                            ("strace", "-f", "--seccomp-bpf", "-e", "trace=!lookup_dcookie", "-c", "-o", "{out}"),
                            count_strace_summary, at_return=True),
        "strace-k": Peer("strace -f -k", ("strace", "-f", "-k", "-o", "{out}"), count_strace_log, pace="slow"),
        "perf": Peer("perf trace -s", ("perf", "trace", "-s", "-o", "{out}", "--"), count_perf_trace, at_return=True),
        "bpftrace": Peer("bpftrace @[ustack]", ("bpftrace", "-o", "{out}", "-e", BPFTRACE, "-c"), count_bpftrace,
                         one_word=True),
    }


def si(seconds):
    """Three digits and a unit."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            break
    return f"{seconds / size:.3g} {unit}"


def print_row(cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def print_head(columns):
    print_row(columns)
    print_row(["---"] * len(columns))
