"""Says how another unwinder's stack of a stopped thread differs from ours, and whether that is one of the differences that
docs/testing.md explains ("Other unwinders"). Pure functions of what tests/oracles/sampler and gdb.py have written.

A stack is {"end", "frames"}, a frame {"pcs", ...}: the return address, which the walk found, or one of several addresses
where our frame's code is mapped. Frames of ours have more: "module", "cfi", "go", "kind", "calls" (its call instruction names
the function of the frame inside), "gone", "twice" (of its file), "marks".
"""

EQUAL = "equal"
BEYOND_START = "beyond the start"
GUESSED = "guessed"
BEYOND_COROUTINE = "beyond a coroutine"
FILE_GONE = "file gone"
FILE_TWICE = "file mapped twice"
GO_SWITCH = "Go's stack switch"
GO_SIGNAL = "Go's signal frame"
BEYOND_GO = "beyond Go's outermost"
NO_ANSWER = "no answer"
UNEXPLAINED = "unexplained"
CLASSES = (EQUAL, BEYOND_START, BEYOND_COROUTINE, GUESSED, FILE_GONE, FILE_TWICE, GO_SWITCH, GO_SIGNAL, BEYOND_GO, NO_ANSWER,
           UNEXPLAINED)

OTHERS = ("gdb", "libdwfl", "libunwind")
UC_FLAGS_MAX = 7  # of the kernel's struct ucontext (arch/x86/include/uapi/asm/ucontext.h)
# What each says where its unwind information says that there is no caller.
OUTERMOST = {"gdb": ("outermost",), "libdwfl": ("",)}


def theirs(by, stack):
    """The pcs of its frames, and whether it says that the last is the outermost. A return address of 0 is none: gdb
    shows it as a frame, libdwfl ends there."""
    pcs = [frame["pcs"][0] for frame in stack["frames"]]
    if 0 in pcs:
        return pcs[:pcs.index(0)], True
    return pcs, stack["end"] in OUTERMOST[by]


def sure(stack):
    """How many of our frames are no guesses."""
    marked = [index for index, frame in enumerate(stack["frames"]) if "inexact" in frame["marks"]]
    return marked[0] if marked else len(stack["frames"])


def agreement(frames, pcs):
    """How many frames are the same, from the innermost on."""
    count = 0
    while count < min(len(frames), len(pcs)) and pcs[count] in frames[count]["pcs"]:
        count += 1
    return count


def compare(sample, by):
    """The class of the difference between our stack (by rows) and that by another."""
    ours = sample["rows"]
    if by == "libunwind":  # it is our reference and has no excuse
        return EQUAL if sample[by] == ours else UNEXPLAINED
    if by == "gdb" and sample[by]["end"].startswith("failed: "):
        return NO_ANSWER
    frames = ours["frames"]
    pcs, outermost = theirs(by, sample[by])
    same = agreement(frames, pcs)
    if same == len(frames) == len(pcs) and outermost == (ours["end"] == "complete"):
        return EQUAL
    if not same:
        return UNEXPLAINED
    goes_on = len(pcs) > same or not outermost
    if same == len(frames) and ours["end"] == "complete" and goes_on:
        return beyond_our_end(frames[-1])
    if same < len(frames) and (what := beyond_a_switch(frames[same - 1], frames[same], pcs[same:], outermost)):
        return what
    if by == "libdwfl" and compare(sample, "gdb") == EQUAL:
        if frames[same - 1]["gone"] and same == len(pcs) and not outermost:
            return FILE_GONE
        if frames[same - 1]["twice"]:
            return FILE_TWICE
    if same >= sure(ours) and (sure(ours) < len(frames) or ours["end"] == "no-cfi"):
        return GUESSED
    return UNEXPLAINED


def beyond_our_end(last):
    """They go on, or would if they could, beyond the frame that we take for the outermost."""
    if last["cfi"] == "entry":
        return BEYOND_START
    if last["kind"] == "start-context":
        return BEYOND_COROUTINE
    return BEYOND_GO if last["go"] and last["kind"] == "outermost" else UNEXPLAINED


def beyond_a_switch(last, caller, others, outermost):
    """They do not see how Go's runtime goes from one stack to another. None: it does not."""
    if last["go"] and last["kind"] == "code" and caller["calls"]:
        return GO_SWITCH
    ended = not others and not outermost
    return GO_SIGNAL if last["go"] and last["kind"] == "signal" and (ended or others and others[0] <= UC_FLAGS_MAX) else None


def side_by_side(sample):
    """The lines of a picture of all four stacks."""
    columns = ("rows", *OTHERS)
    lines = [f"{sample['program']}, call {sample['call']}; " +
             ", ".join(f"{by}: {sample[by]['end'] or 'end'}" for by in columns),
             " ".join(f"{by:16}" for by in columns)]
    for index in range(max(len(sample[by]["frames"]) for by in columns)):
        cells = []
        for by in columns:
            frames = sample[by]["frames"]
            cells.append(f"{(frames[index]['pcs'] or [0])[0]:016x}" if index < len(frames) else 16 * "-")
        if index < len(sample["rows"]["frames"]):
            frame = sample["rows"]["frames"][index]
            cells += [frame.get("module") or "[anon]", frame["cfi"], *frame["marks"]]
        if index < len(sample["gdb"]["frames"]):
            cells.append(sample["gdb"]["frames"][index]["name"])
        lines.append(" ".join(cells))
    return lines
