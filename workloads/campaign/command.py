"""Runs workloads under systrace-lib, and sums up what they show.

The tracer is build/release/tracer/systrace-lib, or the file that SYSTRACE_LIB names. Each run leaves a directory
DIR/NAME.NUMBER with the table, the run file, what the workload printed and its log; DIR/summary.txt, .csv and .html have
the numbers of all, DIR/campaign.json.gz all runs as one, and DIR/libraries a page for each library.

Exit status: 0 if all that could run did its work; 1 if one did not; 125 if nothing could be run; 128 and
its number if a signal interrupted it.
"""

import argparse
import os
import subprocess
import sys

from . import declaration, job, plan as plans, private, progress, results, slurm, summary


class Cannot(Exception):
    """Nothing can be run; why."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and exits as all that could not be run."""

    def error(self, message):
        raise Cannot(f"{message}: see --help")


def parse(arguments):
    """The options."""
    parser = Parser(prog="workloads/run", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", help="a workload, or a glob of their names")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--list", action="store_true", help="name them, and say what they do")
    parser.add_argument("-o", dest="directory", metavar="DIR", type=named, default="campaign",
                        help="where the results go (default: ./campaign)")
    parser.add_argument("--level", choices=declaration.LEVELS, help="how much work (default: full)")
    parser.add_argument("-j", dest="slots", metavar="N", type=positive, default=1, help="so many at once (default: 1)")
    parser.add_argument("--repeat", metavar="N", type=positive, help="run each so often")
    parser.add_argument("--native", action="store_true",
                        help="run each without the tracer, too: its output must be the same, and times are compared")
    parser.add_argument("--install", action="store_true", help="install the packages that are missing")
    parser.add_argument("--resume", action="store_true",
                        help="go on with the campaign in DIR: only what has not succeeded yet")
    parser.add_argument("--slurm", action="store_true", help="submit the jobs to Slurm, and a job that sums up")
    parser.add_argument("--plan", action="store_true", help="only write DIR/jobs.json, and print the numbers of the jobs that are to be run")
    parser.add_argument("--job", metavar="I", type=int, help="run job I of DIR/jobs.json, unless it is done already")
    parser.add_argument("--slot", metavar="S", type=int, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--summary", action="store_true", help="sum up what is in DIR")
    return parser.parse_args(arguments)


def positive(text):
    """A number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return number


def named(text):
    """The name of a directory."""
    if not text:
        raise argparse.ArgumentTypeError("a directory has a name")
    return text


def print_list(every):
    """The workloads, and what they do."""
    for workload in every.values():
        print(f"{workload.name:18} {workload.about}")


def find_tracer():
    """The program."""
    default = os.path.join(os.path.dirname(declaration.DIRECTORY), "build/release/tracer/systrace-lib")
    tracer = os.path.realpath(os.environ.get("SYSTRACE_LIB", default))
    if not os.access(tracer, os.X_OK):
        raise Cannot(f"there is no {tracer}: build it with ./run, or say in SYSTRACE_LIB where it is")
    return tracer


def choose(options, every):
    """The workloads that are meant."""
    if options.all == bool(options.names):
        raise Cannot("name workloads, or say --all: see --list")
    try:
        chosen = declaration.choose(options.names or ["*"], every)
    except ValueError as error:
        raise Cannot(str(error)) from None
    if options.install:
        install(chosen)
    return chosen


def install(chosen):
    """The packages that they lack."""
    installed = declaration.installed_packages()
    missing = sorted({package for workload in chosen for package in workload.missing(installed)})
    try:
        declaration.install(missing)
    except subprocess.CalledProcessError:
        raise Cannot("packages cannot be installed") from None


def make_plan(options, every):
    """The campaign's list of jobs: a new one, or with --resume that which is there."""
    if options.resume:
        return resume(options, every)
    options.tracer = find_tracer()
    chosen = choose(options, every)
    os.makedirs(options.directory, exist_ok=True)
    try:
        return plans.make(options.directory, chosen, options)
    except FileExistsError:
        raise Cannot(f"there is a campaign in {options.directory}: name another directory by -o, or go on with --resume"
                     ) from None


def resume(options, every):
    """The list that is there, as it is."""
    if options.names or options.all or options.level or options.repeat or options.native:
        raise Cannot("--resume goes on with the workloads of the campaign, at its level: name none")
    plan = read_plan(options.directory)
    if options.install:
        install([every[job["workload"]] for job in plan["jobs"] if job["workload"] in every])
    return plan


def read_plan(directory):
    """The list of jobs that is there."""
    try:
        return plans.read(directory)
    except FileNotFoundError:
        raise Cannot(f"there is no campaign in {directory}") from None
    except ValueError as error:
        raise Cannot(str(error)) from None


def lock(directory):
    """For who runs all jobs that remain: another would run them, too."""
    try:
        return plans.lock(directory)
    except BlockingIOError:
        raise Cannot(f"another runs the campaign in {directory}: wait for its end") from None


def remaining(options, plan):
    """[(number, job)] of those that have not succeeded, or have results that cannot be read."""
    results.check(options.directory, plan["jobs"])
    return plans.remaining(options.directory, plan)


def submit(options, plan, program):
    """Submits what remains to Slurm. A new campaign that cannot be submitted is none."""
    numbers = [number for number, _ in remaining(options, plan)]
    try:
        print(slurm.submit(options.directory, numbers, program) if numbers else "nothing is left to do")
    except BaseException:
        if not options.resume:
            plans.remove(options.directory)
        raise
    return 0


def run_here(options, plan, program):
    """Runs what remains on this machine. The slots differ from those of most other campaigns that run meanwhile."""
    first = os.getpid()

    def command(number, slot):
        return [sys.executable, "-BS", program, "-o", options.directory, f"--job={number}",
                f"--slot={(first + slot) % 100}"]

    progress.run_jobs(options.directory, remaining(options, plan), options.slots, command)


def run_job(options, plan):
    """Runs one job, as each node of a cluster does."""
    if not 0 <= options.job < len(plan["jobs"]):
        raise Cannot(f"there is no job {options.job}: {options.directory} has {len(plan['jobs'])}, from 0 on")
    results.check(options.directory, [plan["jobs"][options.job]])
    if plans.is_done(plans.job_directory(options.directory, plan["jobs"][options.job])):
        return 0
    if options.slot is None:  # nobody else does it
        private.clear(options.directory)
    status = job.run(options.directory, options.job, options.job % 100 if options.slot is None else options.slot)
    if options.slot is None:
        print(f"{status['result']} {status['workload']}.{status['number']} {status['reason']}".rstrip())
    return int(status["result"] == "failed")


def sum_up(options):
    """Writes and prints the summary."""
    text, found = summary.write(options.directory)
    print(text, end="")
    if "failed" in found:
        return 1
    return 0 if "ok" in found else 125


def main(program, arguments):
    """Does what the options say; the exit status."""
    options = parse(arguments)
    every = declaration.workloads()
    if options.list:
        print_list(every)
        return 0
    options.directory = os.path.abspath(options.directory)
    if options.job is not None:
        return run_job(options, read_plan(options.directory))
    if options.summary:
        read_plan(options.directory)
        return sum_up(options)
    plan = make_plan(options, every)
    if options.plan:
        print(*(number for number, _ in remaining(options, plan)), sep="\n")
        return 0
    with lock(options.directory):
        if options.slurm:
            return submit(options, plan, program)
        run_here(options, plan, program)
        return sum_up(options)


def run(program, arguments):
    """main(), of this program; what cannot be done is said in one line."""
    try:
        return main(os.path.realpath(program), arguments)
    except Cannot as reason:
        said = reason
    except OSError as error:
        said = f"{error.filename or 'error'}: {error.strerror}"
    except subprocess.CalledProcessError as error:
        said = f"{os.path.basename(error.cmd[0])} {error.cmd[1]} fails, with exit status {error.returncode}"
    print(f"workloads/run: {said}", file=sys.stderr)
    return 125
