"""A job's private directories: one beside the results of the others, in which its own grow, and one in which its workload
works. They are locked as long as the job lives; the kernel unlocks them however it ends. Who gets the lock knows, then,
that the job is dead, and removes what it left.
"""

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import tempfile

OWNER = "owner"  # the file that is locked: the machine, and the directory on it in which the workload works
NAME = re.compile(r"\.\w+\.\w{8}")


class Private:
    """`results` and `scratch`, of this process until its end."""

    def __init__(self, campaign, name):
        self.owner = None
        while not self.owner:  # one that has no lock yet may be taken for a dead one's
            self.results = tempfile.mkdtemp(prefix=f".{name}.", dir=campaign)
            self.owner = lock_new(self.results)
        # Short, for the sockets in it.
        self.scratch = os.path.join(tempfile.gettempdir(), f"job.{secrets.token_hex(4)}")
        self.owner.write(f"{os.uname().nodename}\n{self.scratch}")
        self.owner.flush()
        os.mkdir(self.scratch)
        for directory in (self.results, self.scratch):
            os.chmod(directory, 0o755)

    def empty_scratch(self):
        """For what runs next."""
        for file in os.scandir(self.scratch):
            remove(file.path)

    def remove(self):
        """Both, with the lock."""
        remove(self.scratch)
        remove(self.results)

    def become(self, final):
        """The results get their name; an OSError if there is one of that name. The rest goes."""
        os.rename(self.results, final)
        remove(os.path.join(final, OWNER))
        remove(self.scratch)


def remove(path):
    """The file, or the directory with all that is in it, if it is there."""
    shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.unlink(path)


def lock_new(directory):
    """The file of a new directory, locked; None if another has taken the directory for a dead one's, and removes it."""
    try:
        owner = open(os.path.join(directory, OWNER), "w", encoding="utf-8")
        return lock(owner)
    except (BlockingIOError, FileNotFoundError):
        return None
    except OSError:  # a file system without locks, on which nobody can take it for dead
        return owner


def lock(owner):
    """Locks the open file, and returns it; an OSError if another has the lock, or the file is no longer there."""
    fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.path.samestat(os.fstat(owner.fileno()), os.stat(owner.name)):
        raise FileNotFoundError(owner.name)
    return owner


def clear(campaign):
    """Removes what dead jobs left in the campaign's directory and on this machine."""
    for entry in os.listdir(campaign):
        if NAME.fullmatch(entry):
            clear_one(os.path.join(campaign, entry))


def clear_one(directory):
    """Removes what a dead job left there, if it was one of this machine: locks need not reach to others."""
    with contextlib.suppress(OSError), open(os.path.join(directory, OWNER), "r+", encoding="utf-8") as file:
        machine, _, scratch = lock(file).read().partition("\n")
        if machine == os.uname().nodename:
            remove(scratch)
            remove(directory)
        elif not machine:  # it died before it could say
            os.unlink(file.name)
    with contextlib.suppress(OSError):
        os.rmdir(directory)  # it died before it could lock
