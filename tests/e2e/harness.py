"""Runs commands in private directories, hang-safe, and checks what every table and run file must satisfy."""

import atexit
import collections
import csv
import ctypes
import json
import os
import pwd
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

ENGINES = ("seccomp", "ptrace")
SKIPPED = 77  # the exit status by which ctest knows a skipped test
AGENT_SETUP = 10  # calls that each process with an agent makes for it
HEADER = ("program,phase,library,component,syscall,abi,nr,calls,issued,on_stack,inexact,incomplete,"
          "errors,runs,soname,path,build_id,program_path")
KEY = ("program", "phase", "library", "component", "syscall", "abi", "nr")
NOBODY = "setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all --"
PR_SET_CHILD_SUBREAPER = 36

Outcome = collections.namedtuple("Outcome", "status stdout stderr files left")


class Failure(Exception):
    """What is wrong, in words for the reader of the test's output."""


def everybody_enters(directory):
    """May others enter it, as far as modes say?"""
    while os.stat(directory).st_mode & stat.S_IXOTH:
        if directory == "/":
            return True
        directory = os.path.dirname(directory)
    return False


def reachable(tracer, programs):
    """Tracer and programs, or copies of them where nobody may execute them: as root, who often builds in /root."""
    tracer, programs = os.path.abspath(tracer), os.path.abspath(programs)
    if os.geteuid() != 0 or all(everybody_enters(path) for path in (os.path.dirname(tracer), programs)):
        return tracer, programs
    base = tempfile.mkdtemp(prefix="systrace-e2e.")
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    os.chmod(base, 0o755)
    copies = os.path.join(base, os.path.basename(tracer)), os.path.join(base, os.path.basename(programs))
    shutil.copy(tracer, copies[0])
    shutil.copytree(programs, copies[1], symlinks=True,
                    ignore=shutil.ignore_patterns("CMakeFiles", "*.cmake"))
    return copies


TRACER, PROGRAMS = reachable(os.environ["TRACER"], os.environ["PROGRAMS"])


# Of who runs the tests, for tracers without --engine.
WISHED_ENGINE = {name: os.environ[name] for name in ("SYSTRACE_ENGINE",) if name in os.environ}
CAP_SYS_PTRACE, CAP_SYS_ADMIN = 19, 21


def has_capability(number):
    """Root in a container lacks some."""
    with open("/proc/self/status", encoding="ascii") as file:
        effective = next(line.split()[1] for line in file if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> number & 1)


def may_mount():
    """May we mount something where no other process sees it? Not without CAP_SYS_ADMIN, and not in a chroot."""
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/proc/sys/kernel"]
    return not subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def is_built_with_asan():
    with open(TRACER, "rb") as file:
        return b"__asan_init" in file.read()


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def report_failures(failures):
    """Prints them and ends with the test's exit status."""
    for failure in failures:
        print(f"FAILED: {failure}")
    sys.exit(1 if failures else 0)


class Sandbox:
    """A private directory: `work`, where commands run, made anew for each, and `out`, for our results."""

    def __init__(self, user=None):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.user = pwd.getpwnam(user) if user else None
        self.base = tempfile.mkdtemp(prefix="systrace-e2e.")
        os.chmod(self.base, 0o755)
        self.work, self.out = (os.path.join(self.base, name) for name in ("work", "out"))
        self.make(self.out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.base)

    def make(self, directory):
        shutil.rmtree(directory, ignore_errors=True)
        os.mkdir(directory)
        if self.user:
            os.chown(directory, self.user.pw_uid, self.user.pw_gid)

    def run(self, command, trace="", timeout=40, setup=None):
        """Runs a shell command with `trace` in place of $TRACE; its Outcome. setup(directory) comes first."""
        self.make(self.work)
        if setup:
            setup(self.work)
        environment = {"PATH": os.environ["PATH"], "HOME": self.work, "TMPDIR": self.work,
                       "LC_ALL": "C", "PROGRAMS": PROGRAMS, **WISHED_ENGINE}
        with tempfile.TemporaryFile(dir=self.base) as out, tempfile.TemporaryFile(dir=self.base) as err:
            process = subprocess.Popen(["/bin/sh", "-c", command.replace("$TRACE", trace)],
                                       cwd=self.work, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err, start_new_session=True)
            pidfd = os.pidfd_open(process.pid)  # waits without the naps of Popen.wait(timeout)
            ended = select.select([pidfd], [], [], timeout)[0]
            os.close(pidfd)
            if not ended:
                end_descendants()
            status = process.wait()
            if not ended:
                raise Failure(f"still running after {timeout} s: {command}")
            left = wait_for_descendants()
            out.seek(0)
            err.seek(0)
            return Outcome(status_name(status), out.read(), err.read(), snapshot(self.work), left)


def status_name(status):
    names = {number.value: number.name for number in signal.Signals}
    return names.get(-status, f"signal {-status}") if status < 0 else str(status)


def snapshot(directory):
    """{path: (mode, contents or target)} of everything below the directory."""
    files = {}
    for root, directories, names in os.walk(directory):
        for name in directories + names:
            path = os.path.join(root, name)
            mode = os.lstat(path).st_mode
            if os.path.islink(path):
                content = os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
            else:
                content = None
            files[os.path.relpath(path, directory)] = (oct(mode), content)
    return files


def descendants():
    """All processes below this one: the orphans come to us, for we are their subreaper."""
    found, queue = [], [os.getpid()]
    while queue:
        pid = queue.pop()
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                    queue += map(int, file.read().split())
        except OSError:
            continue  # it has ended
        found.append(pid)
    return found[1:]


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def wait_for_descendants():
    """Gives them 5 s to end by themselves; the command lines of those that did not, which are killed."""
    for _ in range(1000):
        reap()
        if not descendants():
            return []
        time.sleep(0.005)
    left = []
    for pid in descendants():
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            left.append(file.read().replace(b"\0", b" ").decode(errors="replace"))
    end_descendants()
    return left


def end_descendants():
    for number in (signal.SIGTERM, signal.SIGCONT, signal.SIGKILL):
        for pid in descendants():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        time.sleep(0.2)
    reap()


def are_the_kernels(kernel, ours, quality, over=0, killing=False):
    """Can so many calls be those that the kernel has counted? Beside ours it counts what processes do for agents, but not what
    perf makes for its own, nor all of it where processes are killed; and perhaps calls that it has repeated. We may have
    counted some that it has not."""
    setup, unit = quality.get("agent_setup", 0), 1 if killing else AGENT_SETUP
    return any(-over <= kernel - ours - part <= quality.get("agent_repeats", 0) for part in range(setup % unit, setup + 1, unit))


def differences(native, traced):
    """How a traced Outcome differs from the native one."""
    return [f"{name} differs: native {getattr(native, name)!r}, traced {getattr(traced, name)!r}"
            for name in Outcome._fields if getattr(native, name) != getattr(traced, name)]


def trace_words(engine, out, options=()):
    """The words before a command that trace it, with both results in the directory `out`."""
    forced = ["--agent-after=1"] if engine == "agent" else []
    return " ".join([TRACER, "-q", f"--engine={engine}", *forced, "-o", f"{out}/out.csv", "-o", f"{out}/out.json", *options, "--"])


def engine_with(engine, options):
    """The one that runs: not the agent, where every call has to stop."""
    need_stops = ("--results", "--verify", "--inject", "--policy")
    return "seccomp" if engine == "agent" and any(word.strip("'").startswith(need_stops) for word in options) else engine


def read_results(out):
    """The rows of out.csv and the run of out.json, after all that holds for each of them."""
    with open(f"{out}/out.csv", encoding="utf-8", newline="") as file:
        text = file.read()
    rows = list(csv.DictReader(text.split("\n")))
    with open(f"{out}/out.json", encoding="utf-8") as file:
        run = json.load(file)
    results = run["executions"][0]["options"]["results"]
    if not text.startswith(HEADER + (",nanoseconds" if results else "") + "\n"):
        raise Failure(f"header of the CSV: {text.splitlines()[:1]}")
    for row in rows:
        for column in (*(("errors", "nanoseconds") if results else ()), "nr", "calls", "issued", "on_stack", "inexact", "incomplete", "runs"):
            row[column] = int(row[column])
    return rows, run


def may_count():
    """Is the kernel's count of calls for this user?"""
    return not subprocess.call("perf stat -x, -e raw_syscalls:sys_enter true", shell=True, stderr=subprocess.DEVNULL)


def check_results(rows, run, engine, allowed=()):
    """What is wrong with a table and its run, whatever was traced. `allowed`: reasons of incomplete stacks."""
    failures = []
    execution, = run["executions"]
    quality = execution["quality"]
    total = {column: sum(row[column] for row in rows)
             for column in ("calls", "issued", "inexact", "incomplete")}

    def check(right, text):
        if not right:
            failures.append(text)

    check(total["calls"] == total["issued"] == quality["entries"] > 0,
          f"calls {total['calls']}, issued {total['issued']}, entries {quality['entries']}")
    check(quality["lost"] == 0, f"lost: {quality['lost']}")
    # All but the execve that started it.
    check(quality["lost"] or quality["memo_hits"] + quality["memo_misses"] == quality["entries"] - bool(execution["command"]),
          f"memo_hits + memo_misses is not entries: {quality}")
    check(quality["complete"] + sum(quality["incomplete"].values()) == quality["entries"],
          f"complete + incomplete is not entries: {quality}")
    check(total["incomplete"] == sum(quality["incomplete"].values()),
          f"incomplete {total['incomplete']}, in the run {quality['incomplete']}")
    check(set(quality["incomplete"]) <= set(allowed), f"incomplete: {quality['incomplete']}")
    # With the engine agent each call was counted by it, or it is known why not.
    check(("agent_stops" in quality) == (engine == "agent"), f"engine {engine}: {quality}")
    check("agent_stops" not in quality or quality.get("agent_calls", 0) + sum(quality["agent_stops"].values()) == quality["entries"],
          f"agent_calls + agent_stops is not entries: {quality}")
    check(execution["options"]["engine"] == engine, f"engine {execution['options']['engine']}")
    for row in rows:
        check(row["on_stack"] >= row["calls"], f"on_stack < calls: {show(row)}")
        check(row["inexact"] <= row["calls"], f"inexact > calls: {show(row)}")
        check(row["calls"] + row["issued"] + row["on_stack"] > 0, f"an empty row: {show(row)}")
        check(row["runs"] == 1, f"runs: {show(row)}")
        if execution["options"]["results"]:
            check(row["errors"] <= row["calls"], f"errors > calls: {show(row)}")
        else:
            check(row["errors"] == "", f"errors though not observed: {show(row)}")
    needed = {stack[0] for stack in run["stacks"]} | {count[3] for count in run["counts"]}
    idle = [number for number, stack in enumerate(run["stacks"]) if isinstance(stack[0], int) and number not in needed]
    check(not idle or quality["lost"] or execution["cut_short"], f"stacks without a call: {idle}")
    keys = [tuple(row[column] if column == "nr" else row[column].encode() for column in KEY)
            for row in rows]
    check(keys == sorted(keys), "the rows are not sorted")
    full = [(key, row["path"], row["build_id"], row["program_path"]) for key, row in zip(keys, rows)]
    check(len(set(full)) == len(full), "two rows have one key")
    return failures


def show(row):
    counts = " ".join(str(row[column]) for column in ("calls", "issued", "on_stack"))
    marks = "".join(f" {column}={row[column]}" for column in ("inexact", "incomplete") if row[column])
    return f"{row['program']} {row['phase']} {row['library']} {row['syscall']} {counts}{marks}"


def pattern(text):
    """A matcher of strings in which only * is special."""
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL).fullmatch
