"""The list of jobs of a campaign. It stands in the file `jobs.json` of the campaign's directory, and each job's results
in a directory NAME.NUMBER beside it: whoever has the directory can run any of the jobs, anywhere and in any order."""

import contextlib
import fcntl
import json
import os

FILE = "jobs.json"
STATUS = "status.json"


def make(directory, chosen, options):
    """Writes the list: each workload as often as asked for, long ones first, so that none of them ends last and alone. A
    FileExistsError if there is one already."""
    jobs = [{"workload": workload.name, "number": number}
            for number in range(1, (options.repeat or 1) + 1)
            for workload in sorted(chosen, key=lambda workload: (-workload.limit, workload.name))]
    plan = {"level": options.level or "full", "native": options.native, "tracer": options.tracer, "jobs": jobs}
    with open(os.path.join(directory, FILE), "x", encoding="utf-8") as file:
        file.write(json.dumps(plan, indent=1) + "\n")
    return plan


def read(directory):
    """The list that was made; an OSError where there is none, a ValueError, which says what is wrong, of one that is none."""
    path = os.path.join(directory, FILE)
    with open(path, encoding="utf-8") as file:
        try:
            plan = json.load(file)
        except ValueError:
            plan = None
    if not is_plan(plan):
        raise ValueError(f"{path} is no list of jobs")
    if not plan["jobs"]:
        raise ValueError(f"there are no jobs in {path}")
    return plan


def is_plan(plan):
    """Has it what make() writes?"""
    return (isinstance(plan, dict) and {"level", "native", "tracer", "jobs"} <= set(plan) and isinstance(plan["jobs"], list)
            and all(isinstance(job, dict) and {"workload", "number"} <= set(job) for job in plan["jobs"]))


def remove(directory):
    """The list, of which no job was run; and the directory, if nothing else is in it."""
    os.unlink(os.path.join(directory, FILE))
    with contextlib.suppress(OSError):
        os.rmdir(directory)


def lock(directory):
    """The list's file, locked for who runs all that remains until it is closed; a BlockingIOError if another does. On a
    file system without locks, nobody knows."""
    file = open(os.path.join(directory, FILE), "r+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    except OSError:
        pass
    return file


def remaining(directory, plan):
    """[(number, job)] of those that have not succeeded yet."""
    return [(number, job) for number, job in enumerate(plan["jobs"]) if not is_done(job_directory(directory, job))]


def job_directory(directory, job):
    """Where the results of the job are to be found once it has ended."""
    return os.path.join(directory, f"{job['workload']}.{job['number']}")


def status(directory, job):
    """What the job left as its result, or None while it has not ended."""
    return read_status(job_directory(directory, job))


def read_status(results):
    """That of a job's directory, or None."""
    try:
        with open(os.path.join(results, STATUS), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    whole = "result" in found and (found["result"] != "ok" or "calls" in found and
                                   os.path.exists(os.path.join(results, "run.json")))
    return found if whole else None


def write_status(results, status):
    """That of a job's directory."""
    write_whole(os.path.join(results, STATUS), json.dumps(status, indent=1) + "\n")


def is_done(results):
    """Has the job of this directory succeeded?"""
    return (read_status(results) or {}).get("result") == "ok"


def write_whole(path, text):
    """Writes the file in one piece: who reads it sees the old one or the new one."""
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{path}.new", path)
