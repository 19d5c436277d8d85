"""Says how another unwinder's stack of a stopped thread differs from ours, and whether that is one of the differences that
docs/testing.md explains ("Other unwinders"). Pure functions of what tests/oracles/sampler and gdb.py have written.

A stack is {"end", "frames"}, a frame {"pcs", ...}: the return address, which the walk found, or one of several addresses
where our frame's code is mapped. Frames of ours have more: "module", "cfi", "go", "kind", "gone", "marks".
"""

EQUAL = "equal"
BEYOND_START = "beyond the start"
GUESSED = "guessed"
BEYOND_COROUTINE = "beyond a coroutine"
FILE_GONE = "file gone"
GO_SWITCH = "Go's stack switch"
GO_SIGNAL = "Go's signal frame"
BEYOND_GO = "beyond Go's outermost"
NO_ANSWER = "no answer"
UNEXPLAINED = "unexplained"
CLASSES = (EQUAL, BEYOND_START, BEYOND_COROUTINE, GUESSED, FILE_GONE, GO_SWITCH, GO_SIGNAL, BEYOND_GO, NO_ANSWER,
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
    longer = ours["end"] == "complete" and same == len(frames) and (len(pcs) > same or not outermost)
    if longer and frames[-1]["cfi"] == "entry":
        return BEYOND_START
    if longer and frames[-1]["kind"] == "start-context":
        return BEYOND_COROUTINE
    if longer and frames[-1]["go"] and frames[-1]["kind"] == "outermost":
        return BEYOND_GO
    if by == "libdwfl" and not outermost and 0 < same == len(pcs) and frames[same - 1]["gone"]:
        return FILE_GONE
    if outermost and 0 < same == len(pcs) and frames[same - 1]["go"] and frames[same - 1]["kind"] == "code":
        return GO_SWITCH
    if 0 < same < len(pcs) and frames[same - 1]["go"] and frames[same - 1]["kind"] == "signal" and \
            pcs[same] <= UC_FLAGS_MAX:
        return GO_SIGNAL
    if same >= sure(ours) and (sure(ours) < len(frames) or ours["end"] == "no-cfi"):
        return GUESSED
    return UNEXPLAINED


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
            cells.append(f"{frames[index]['pcs'][0]:016x}" if index < len(frames) else 16 * "-")
        if index < len(sample["rows"]["frames"]):
            frame = sample["rows"]["frames"][index]
            cells += [frame.get("module") or "[anon]", frame["cfi"], *frame["marks"]]
        if index < len(sample["gdb"]["frames"]):
            cells.append(sample["gdb"]["frames"][index]["name"])
        lines.append(" ".join(cells))
    return lines
