"""Runs in gdb: unwinds the threads that tests/oracles/sampler shows, and adds what gdb finds to the sampler's lines.

usage: gdb -batch -x gdb.py   (in a directory where `samples` and `remote` are made, and the lines are left in `stacks`)
"""

import json
import os
import socket

import gdb

PATIENCE = 60  # seconds to wait for the sampler
SETTINGS = ("auto-load off", "auto-solib-add on", "backtrace limit unlimited", "backtrace past-entry on",
            "backtrace past-main on", "confirm off", "debug-file-directory", "debuginfod enabled off", "height 0",
            "remotetimeout 60", "width 0")


def execute(command):
    return gdb.execute(command, to_string=True)


def frames():
    """What gdb's bt prints but functions that are inlined, and those that left by a tail call: they have no frame."""
    found = []
    frame = gdb.newest_frame()
    while frame:
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            found.append({"pcs": [frame.pc()], "name": frame.name() or ""})
        reason = frame.unwind_stop_reason()
        try:
            older = frame.older()
        except gdb.error as error:
            return found, str(error)
        frame, last = older, reason
    return found, gdb.frame_stop_reason_string(last)


class Unwinder:
    def __init__(self):
        self.program = None
        self.remote = os.path.abspath("remote")

    def unwind(self, sample):
        """{"end", "frames"} of the thread that the sampler shows now."""
        execute(f"set sysroot {'' if sample['files_here'] else '/proc/%d/root' % sample['tid']}")
        if self.program != sample["program"]:
            execute(f"file {sample['program']}")
            self.program = None if sample["program"].startswith("/proc/") else sample["program"]
        execute(f"cd /proc/{sample['tid']}/cwd")  # libraries may have been loaded by relative names
        execute(f"target remote {self.remote}")
        try:
            if sample["vdso"]:
                execute(f"add-symbol-file-from-memory {sample['vdso']}")
            found, end = frames()
        finally:
            execute("disconnect")
            execute("cd /")
        return {"end": end, "frames": found}


def main():
    for setting in SETTINGS:
        execute(f"set {setting}")
    directory = os.getcwd()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("samples")
    listener.listen(1)
    listener.settimeout(PATIENCE)
    connection, _ = listener.accept()
    connection.settimeout(None)
    unwinder = Unwinder()
    with open("unfinished", "w", encoding="utf-8") as file:
        for line in connection.makefile(encoding="utf-8", errors="surrogateescape"):
            sample = json.loads(line)
            try:
                sample["gdb"] = unwinder.unwind(sample)
            except gdb.error as error:
                sample["gdb"] = {"end": f"failed: {error}", "frames": []}
                unwinder.program = None
            json.dump(sample, file)
            file.write("\n")
    os.rename(f"{directory}/unfinished", f"{directory}/stacks")


main()
