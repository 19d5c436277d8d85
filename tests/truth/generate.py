"""Writes the sources of one test program: chains of functions across its modules, of which each knows who asks.

A chain is a list of functions, each in a module, and each run by the one before it in some way: a call, a jump, a thread,
a handler, ... The last, the leaf, says to which module it belongs (truth.h) and makes a system call whose number no other
chain uses: so the tracer's table holds the answer to every chain by itself.
"""

import collections
import os
import random

Step = collections.namedtuple("Step", "module entry shape")
# number: the system call's. leaf: how it is made. evidence: see evidence_of.
Chain = collections.namedtuple("Chain", "tag number steps leaf evidence")

# Modules by letter: the executable, libraries, one of assembly, one of C++, and two that are loaded and unloaded.
MODULES = {"m": "truth", "a": "libta.so", "b": "libtb.so", "c": "libtc.so", "s": "libts.so", "x": "libtx.so",
           "p": "libtp.so", "q": "libtq.so"}
PLUGINS = "pq"
FIRST_TAG = 1000  # above every number that is a system call
TRUTH_ADDRESS = 0x200000000000  # as in truth.h

SIGNATURES = {
    "long": "long {}(long x)", "compare": "int {}(const void *p, const void *q)", "start": "void *{}(void *p)",
    "handler": "void {}(int x)", "void": "void {}(void)", "value": "void {}(void *p)", "resolver": "void *{}(void)"}
# How a function is run: its signature, and what its caller says ({0}: the function, {1}: its module, {2}: as spawned).
ENTRIES = {
    "call": ("long", "long r = {0}(x + 1); KEEP(r);"),
    "tail": ("long", "return {0}(x);"),
    "pointer": ("long", "long (*next)(long) = {0}; HIDE(next); long r = next(x + 1); KEEP(r);"),
    "variable": ("long", "static long (*next)(long) = {0}; CHANGE(next); long r = next(x + 1); KEEP(r);"),
    "pointer-tail": ("long", "long (*next)(long) = {0}; HIDE(next); return next(x);"),
    "qsort": ("compare", "by_qsort({0});"),
    "bsearch": ("compare", "by_bsearch({0});"),
    "once": ("void", "by_once({0});"),
    "thread": ("start", "by_thread({0}, NULL);"),
    "key": ("value", "by_key({0});"),
    "signal": ("handler", "by_signal({0});"),
    "altstack": ("handler", "by_altstack({0});"),
    "trap": ("handler", "by_trap({0});"),
    "fork": ("long", "BY_FORK({0}(x));"),
    "vfork": ("long", "BY_VFORK({0}(x));"),
    "spawn": ("long", 'by_spawn("{2}");'),
    "atexit": ("void", "atexit({0});"),
    "coroutine": ("void", "by_coroutine({0});"),
    "dlopen": ("long", 'by_dlopen("{1}", "{0}");'),
    "dlclose": ("void", "atexit({0});"),
    "dlsym": ("resolver", 'by_dlsym("{0}_indirect");'),
    "lazy": ("resolver", "void *r = {0}_indirect(); KEEP(r);"),
    "noreturn": ("long", "{0}(x);"),
    "catch": ("void", "try {{ throw 1; }} catch (int) {{ {0}(); }}"),
    "cleanup": ("void", "try {{ Last last({0}); USE(&last); throw 2; }} catch (int) {{ }}"),
    "exception": ("void", "try {{ throw Last({0}); }} catch (Last &) {{ }}"),
    "thread-local": ("void", "by_thread(with_local, (void *){0});"),
    "virtual": ("void", "Virtual object({0}); Base *base = &object; HIDE(base); base->run();"),
}
CXX = ("catch", "cleanup", "exception", "thread-local", "virtual")
RESOLVERS = ("dlsym", "lazy")
ASSEMBLY = ("call", "tail", "pointer", "pointer-tail")
PLAIN = ("call", "tail", "pointer", "variable", "pointer-tail", "qsort", "bsearch", "signal", "altstack")
STARTS = ("constructor", "destructor")  # what a chain begins by, if not by a call in main
JUMPED_OVER = {*PLAIN, *CXX} - {"thread-local"}  # longjmp may leave these for the main thread's stack
LOADING = (*STARTS, "dlclose", *RESOLVERS)  # the loader runs these, and may hold locks that other threads wait for
LEAVES = {
    "call": "long r = syscall({0}, x); KEEP(r);",
    "tail": "return syscall({0});",
    "pointer": "long (*next)(long, ...) = syscall; HIDE(next); long r = next({0}, x); KEEP(r);",
    "pointer-tail": "long (*next)(long, ...) = syscall; HIDE(next); return next({0});",
    "raw": "long r = raw_syscall({0}); KEEP(r);",
    "noreturn": "long r = syscall({0}, x); KEEP(r); siglongjmp(truth_return, 1);",
}
SHAPES = {
    "plain": "",
    "vla": "char v[(x & 15) + 40]; USE(v);",
    "aligned": "__attribute__((aligned(64))) char v[64]; USE(v);",
    "drap": "__attribute__((aligned(64))) char v[64]; char w[(x & 15) + 40]; USE(v); USE(w);",
    "big": "char v[9000]; USE(v);",
    "saves": '__asm__ volatile("" : : : "rbx", "r12", "r13", "r14", "r15");',
}
# Calls by functions of libc, without effect and with numbers that nothing else in these programs uses.
WRAPPERS = {
    73: "flock(-1, 0)", 74: "fsync(-1)", 75: "fdatasync(-1)", 26: "msync((void *)1, 1, 0)",
    42: "connect(-1, NULL, 0)", 43: "accept(-1, NULL, NULL)", 44: "send(-1, NULL, 0, 0)",
    45: "recv(-1, NULL, 0, 0)", 46: "sendmsg(-1, (struct msghdr *)scratch, 0)", 47: "recvmsg(-1, (struct msghdr *)scratch, 0)", 48: "shutdown(-1, 0)",
    50: "listen(-1, 0)", 53: "socketpair(-1, 0, 0, (int *)scratch)", 19: "readv(-1, NULL, 0)",
    20: "writev(-1, NULL, 0)", 18: "pwrite(-1, \"\", 0, 0)", 77: "ftruncate(-1, 0)", 285: "fallocate(-1, 0, 0, 1)",
    91: "fchmod(-1, 0)", 93: "fchown(-1, 0, 0)", 277: "sync_file_range(-1, 0, 0, 0)", 7: "poll(NULL, 0, 0)",
    98: "getrusage(99, (struct rusage *)scratch)", 83: 'mkdir("", 0)', 84: 'rmdir("")', 86: 'link("", "")',
    87: 'unlink("")', 88: 'symlink("", "")', 275: "splice(-1, NULL, -1, NULL, 0, 0)",
    217: 'readdir(opendir("/"))', 80: "spawn_with(0, 1)", 112: "spawn_with(POSIX_SPAWN_SETSID, 0)",
    109: "spawn_with(POSIX_SPAWN_SETPGROUP, 0)"}
HEADERS = ("dirent.h", "poll.h", "sys/file.h", "sys/resource.h", "sys/socket.h", "sys/stat.h", "sys/uio.h")
CXX_HELPERS = """
struct Last {
    void (*next)();
    explicit Last(void (*function)()) : next(function) {}
    Last(const Last &) = delete;
    Last(Last &&from) : next(from.next) { from.next = nullptr; }
    ~Last() { if (next) next(); }
};
struct Base {
    virtual ~Base() {}
    virtual void run() {}
};
struct Virtual : Base {
    void (*next)();
    explicit Virtual(void (*function)()) : next(function) {}
    void run() override { next(); }
};
static void *with_local(void *next)
{
    static thread_local Last last(reinterpret_cast<void (*)()>(next));
    USE(&last);
    return nullptr;
}
"""


def evidence_of(steps, leaf):
    """What the stack has of the leaf: its "frame"; or, if it left by a tail call, the "call" that names it; or no more, as
    that call names another module's function, which jumped to it ("jump"), or goes through a pointer ("pointer")."""
    if leaf not in ("tail", "pointer-tail"):
        return "frame"
    called = len(steps) - 1
    while steps[called].entry in ("tail", "pointer-tail"):
        called -= 1
    if steps[called].entry not in ("call", "fork", "vfork", "spawn"):
        return "pointer"
    if "pointer-tail" in (step.entry for step in steps[called + 1:]):
        return "pointer"  # the compiler may have left a call
    return "call" if steps[called].module == steps[-1].module else "jump"


def modules_on_stack(chain):
    """The modules that are on the leaf's stack, and those that may be: a tail call can leave evidence, or the compiler none
    of the tail call. None: not told here."""
    steps = chain.steps
    surely, perhaps = (set(), {steps[-1].module}) if chain.evidence in ("pointer", "jump") else ({steps[-1].module}, set())
    while steps:
        *steps, (_, entry, _) = steps
        if entry in STARTS:
            return None
        if entry in ("thread", "key", "signal", "altstack", "trap", "coroutine"):
            return surely, perhaps
        if entry == "thread-local":
            return surely, perhaps | {"x"}  # its destructor jumps
        if entry in ("atexit", "spawn"):
            return surely | {"m"}, perhaps
        (perhaps if entry in ("tail", "pointer-tail") else surely).add(steps[-1].module if steps else "m")
        if entry == "dlclose":  # all has returned but who opened it
            steps = steps[:last_dlopen(steps) + 1]
    return surely, perhaps


def last_dlopen(steps):
    return max(i for i, step in enumerate(steps) if step.entry == "dlopen")


def is_closed(steps):
    """Is the library of the last of these functions unloaded by who opened it, in the same process? And none that did so
    is of assembly: what gcc links to a library runs its handlers, and has no unwind information, and behind that %rbx,
    by which some of the assembly's frames are found, is not known."""
    if steps[-1].module not in PLUGINS:
        return False
    at = last_dlopen(steps)
    return ({"fork", "vfork"}.isdisjoint(step.entry for step in steps[at:]) and
            {"s", steps[-1].module}.isdisjoint(step.module for step in steps[:at]))


class Generator:
    """Chooses chains at random, the same for the same seed. `without`: entries that there are not."""

    def __init__(self, seed, without):
        self.random = random.Random(seed)
        self.without = set(without)

    def entries(self, steps):
        """The ways in which the last of these functions can run another."""
        module, before = steps[-1].module, {step.entry for step in steps}
        if module == "s":
            return ASSEMBLY
        entries = set(ENTRIES) - {"noreturn"} - self.without
        if module != "x":
            entries -= set(CXX)
        if module in PLUGINS or before & {*LOADING, "atexit", "fork", "vfork", "thread", "key", "thread-local"}:
            entries -= {"atexit", "spawn"}
        if before & {*LOADING, "vfork"}:
            entries -= {"thread", "key", "thread-local", "fork", "vfork", "dlopen"}
        if module in PLUGINS:
            entries -= {"lazy"}  # all its symbols are resolved when it is opened
        if not is_closed(steps):
            entries -= {"dlclose"}
        if steps[-1].entry in RESOLVERS:
            entries -= {"tail", "pointer-tail"}  # they return an address
        return sorted(entries)

    def step(self, entry, caller):
        """A function that is run in this way by one of the module `caller`."""
        if entry == "dlopen":
            module = self.random.choice(PLUGINS)
        elif entry == "spawn" or entry in STARTS:
            module = self.random.choice("mabc")
        elif entry == "dlclose":
            module = caller
        elif entry in RESOLVERS:
            module = self.random.choice("abcx")
        else:
            module = self.random.choice("mabcsx" + (3 * caller if caller in PLUGINS else caller))
        return Step(module, entry, self.random.choice(sorted(SHAPES)))

    def steps(self, start, wanted):
        steps = [self.step(start or "call", "m")]
        for _ in range(self.random.randint(0, 4)):
            entry = self.random.choice(self.entries(steps))
            steps.append(self.step(entry, steps[-1].module))
        if wanted and wanted in CXX and steps[-1].module != "x":
            steps.append(Step("x", "call", "plain"))
        if wanted == "dlclose" and "dlopen" in self.entries(steps):
            steps.append(self.step("dlopen", steps[-1].module))
        if wanted and wanted in self.entries(steps):
            steps.append(self.step(wanted, steps[-1].module))
        return steps

    def chain(self, tag, number, start=None, wanted=None, leaf=None):
        """A chain that has, if it can, one function that is run in the way `wanted`."""
        for _ in range(100):
            steps = self.steps(start, wanted)
            entries = [step.entry for step in steps]
            if (not wanted or wanted in entries) and (leaf != "noreturn" or set(entries) <= JUMPED_OVER):
                break
        else:
            leaf = "call"
        leaf = leaf or self.random.choice(sorted(set(LEAVES) - {"noreturn"}))
        if (steps[-1].module == "s" and leaf in ("noreturn", "libc")
                or steps[-1].entry in RESOLVERS and leaf in ("tail", "pointer-tail")):
            steps.append(Step(self.random.choice("mabc"), "call", "plain"))
        if leaf == "noreturn":
            steps.append(Step(self.random.choice("mabc"), "noreturn", "plain"))
        return Chain(tag, number, steps, leaf, evidence_of(steps, leaf))

    def chains(self, count):
        """Each way to run a function with each leaf, each wrapper, and then whatever comes."""
        wanted = [(None, entry, leaf) for entry in ENTRIES if entry not in self.without | {"noreturn"} for leaf in LEAVES]
        wanted += [(start, None, leaf) for start in STARTS for leaf in LEAVES if leaf != "noreturn" for _ in range(2)]
        wanted += [(None, None, "libc")] * len(WRAPPERS)
        wanted += [(None, None, None)] * (count - len(wanted))
        wrappers = iter(WRAPPERS)
        return [self.chain(tag, next(wrappers) if leaf == "libc" else tag, start, entry, leaf)
                for tag, (start, entry, leaf) in enumerate(wanted, FIRST_TAG)]


def name_of(chain, i):
    return f"t{chain.tag}_{i}"


def signature_of(step):
    return "void" if step.entry in STARTS else ENTRIES[step.entry][0]


def spawned(chain, i):
    """The argument by which the program is told to run the chain from its i-th function on."""
    return 16 * chain.tag + i


def link(chain, i):
    """The statement by which the i-th function of the chain does its part."""
    if i + 1 < len(chain.steps):
        following = chain.steps[i + 1]
        return ENTRIES[following.entry][1].format(name_of(chain, i + 1), MODULES[following.module], spawned(chain, i + 1))
    if chain.leaf == "libc":
        return f"say({chain.number}); {WRAPPERS[chain.number]}; USE(scratch);"
    return f"say({chain.number}); " + LEAVES[chain.leaf].format(chain.number)


def attributes(chain, i):
    entry = chain.steps[i].entry
    same = i and chain.steps[i].module == chain.steps[i - 1].module and entry not in ("dlopen", "spawn")
    return ("APART " + ("HIDDEN " if same and chain.tag % 2 else "") +
            (f"__attribute__(({entry})) " if entry in STARTS else "") +
            ("__attribute__((noreturn)) " if entry == "noreturn" else ""))


def declaration(chain, i):
    step = chain.steps[i]
    text = SIGNATURES[signature_of(step)].format(name_of(chain, i))
    if step.entry == "noreturn":
        text = text.replace("long ", "void ", 1)
    return attributes(chain, i) + text + ";"


def indirect(chain, i, letter):
    """The declaration of what a resolver resolves, in this module."""
    name, module = name_of(chain, i), chain.steps[i].module
    return f"void *{name}_indirect(void)" + (f' __attribute__((ifunc("{name}")))' if module == letter else "") + ";"


def returned(statement, signature, noreturn):
    """The statement, whose `return` is of a long, in a function with this signature; and what it returns at last."""
    if signature in ("void", "value", "handler") or noreturn:
        return statement.replace("return ", ""), ""
    if signature == "resolver":
        return statement, " return (void *)resolved;"
    if signature == "start":
        return statement.replace("return ", "return (void *)"), "" if "return" in statement else " return NULL;"
    if signature == "compare":
        return statement.replace("return ", "return (int)"), "" if "return" in statement else " return 0;"
    return statement, "" if "return" in statement else " return x;"


def function(chain, i):
    step = chain.steps[i]
    signature, noreturn = signature_of(step), step.entry == "noreturn"
    start = {"compare": "long x = p != q;", "start": "long x = p != NULL;", "void": "long x = 1;",
             "value": "long x = p != NULL;", "resolver": "long x = 1;"}.get(signature, "")
    statement, last = returned(link(chain, i), signature, noreturn)
    if i + 1 < len(chain.steps) and chain.steps[i + 1].entry == "noreturn":
        last = ""  # the call is the function's last instruction
    head = SIGNATURES[signature].format(name_of(chain, i))
    if noreturn:
        head = head.replace("long ", "void ", 1)
    return f"{head}\n{{\n    {start} (void)x; {SHAPES[step.shape]}\n    {statement}{last}\n}}\n"


def c_source(letter, chains):
    """The module's functions, and declarations of those that they run."""
    mine = [(chain, i) for chain in chains for i, step in enumerate(chain.steps) if step.module == letter]
    needed = sorted({(chain.tag, i + d): (chain, i + d) for chain, i in mine for d in (0, 1)
                     if i + d < len(chain.steps) and not (d and chain.steps[i + d].entry == "dlopen")}.items())
    lines = [f"#define MODULE '{letter}'", '#include "truth.h"', *(f"#include <{header}>" for header in HEADERS)]
    if letter == "x":
        lines += ["#ifdef __cplusplus", CXX_HELPERS, 'extern "C" {', "#endif"]
    lines += [declaration(chain, i) for _, (chain, i) in needed]
    lines += [indirect(chain, i, letter) for _, (chain, i) in needed if chain.steps[i].entry in RESOLVERS]
    lines += [function(chain, i) for chain, i in mine]
    if letter == "x":
        lines += ["#ifdef __cplusplus", "}", "#endif"]
    return "\n".join(lines) + "\n"


def main_source(chains):
    """main, which runs all chains that do not start by themselves; or, as a spawned child, one from its middle on."""
    lines = ["", "sigjmp_buf truth_return;", ""]
    calls, children = [], []
    for chain in chains:
        for i, step in enumerate(chain.steps):
            if step.entry == "spawn":
                children.append((chain, i))
        if chain.steps[0].entry not in STARTS:
            calls.append(chain)
    lines += [declaration(chain, 0) for chain in calls] + [declaration(chain, i) for chain, i in children]
    groups = [calls[at:at + 20] for at in range(0, len(calls), 20)]
    for n, group in enumerate(groups):
        lines += [f"APART static void chains_{n}(void)", "{"]
        for chain in group:
            condition = "if (!sigsetjmp(truth_return, 1)) " if chain.leaf == "noreturn" else ""
            lines.append(f"    {condition}{name_of(chain, 0)}(1);")
        lines += ["    long last = 0;", "    KEEP(last); /* the last chain is not jumped to */", "}"]
    lines += ["int main(int argc, char **argv)", "{", "    if (argc > 1) {", "        switch (atoi(argv[1])) {"]
    lines += [f"        case {spawned(chain, i)}: {name_of(chain, i)}(1); break;" for chain, i in children]
    lines += ["        default: break;", "        }", "        return 0;", "    }"]
    lines += [f"    chains_{n}();" for n in range(len(groups))]
    return "\n".join(lines + ["    return 0;", "}", ""])


# The assembly: the frame of a function that calls, by the tag: moves of %rsp, a frame on %rbx, realigned; with FP, all
# have a frame pointer first. Without CFI the directives are left out.
FRAMES = [
    ("sub $24, %rsp\n CFI(.cfi_adjust_cfa_offset 24)", "add $24, %rsp\n CFI(.cfi_adjust_cfa_offset -24)"),
    ("push %rbx\n CFI(.cfi_adjust_cfa_offset 8)\n CFI(.cfi_rel_offset %rbx, 0)\n mov %rsp, %rbx\n"
     " CFI(.cfi_def_cfa_register %rbx)\n and $-64, %rsp",
     "mov %rbx, %rsp\n CFI(.cfi_def_cfa_register %rsp)\n pop %rbx\n CFI(.cfi_adjust_cfa_offset -8)"),
    ("push $1\n CFI(.cfi_adjust_cfa_offset 8)\n push $2\n CFI(.cfi_adjust_cfa_offset 8)\n push $3\n"
     " CFI(.cfi_adjust_cfa_offset 8)",
     "lea 24(%rsp), %rsp\n CFI(.cfi_adjust_cfa_offset -24)"),
]
ASSEMBLY_HEAD = """
#ifdef DEBUG_FRAME
    .cfi_sections .debug_frame
#endif
#ifdef WITH_CFI
#define CFI(...) __VA_ARGS__
#else
#define CFI(...)
#endif
#ifdef WITH_FP
#define ENTER push %rbp; CFI(.cfi_adjust_cfa_offset 8;) CFI(.cfi_rel_offset %rbp, 0;) mov %rsp, %rbp; sub $8, %rsp; CFI(.cfi_adjust_cfa_offset 8;)
#define LEAVE lea 8(%rsp), %rsp; CFI(.cfi_adjust_cfa_offset -8;) pop %rbp; CFI(.cfi_adjust_cfa_offset -8;)
#else
#define ENTER
#define LEAVE
#endif
    .text
"""


def issue_assembly(chain):
    say = (f" movabs ${TRUTH_ADDRESS + 8 * chain.number}, %rax\n lock incl (%rax)\n movl $'s', 4(%rax)\n")
    if chain.leaf == "raw":
        return say + f" mov ${chain.number}, %eax\n", "syscall"
    call = "syscall@GOTPCREL(%rip), %rdx\n" if chain.leaf.startswith("pointer") else ""
    return (say + f" mov ${chain.number}, %edi\n" + (f" mov {call}" if call else ""),
            {"call": "call syscall@PLT", "tail": "jmp syscall@PLT", "pointer": "call *%rdx",
             "pointer-tail": "jmp *%rdx"}[chain.leaf])


def assembly_function(chain, i):
    name = name_of(chain, i)
    if i + 1 == len(chain.steps):
        before, act = issue_assembly(chain)
    else:
        following, entry = name_of(chain, i + 1), chain.steps[i + 1].entry
        before = f" mov {following}@GOTPCREL(%rip), %rdx\n" if entry.startswith("pointer") else ""
        act = {"call": f"call {following}@PLT", "tail": f"jmp {following}@PLT", "pointer": "call *%rdx",
               "pointer-tail": "jmp *%rdx"}[entry]
    down, up = FRAMES[chain.tag % len(FRAMES)]
    body = before + f" {act}" if act.startswith("jmp") else f" ENTER\n {down}\n{before} {act}\n {up}\n LEAVE\n ret"
    return (f"    .globl {name}\n    .type {name}, @function\n{name}:\n CFI(.cfi_startproc)\n{body}\n CFI(.cfi_endproc)\n"
            f"    .size {name}, . - {name}\n")


def assembly_source(chains):
    return ASSEMBLY_HEAD + "".join(assembly_function(chain, i) for chain in chains for i, step in enumerate(chain.steps)
                                   if step.module == "s") + '    .section .note.GNU-stack, "", @progbits\n'


def write(directory, chains):
    """The sources of all modules: t<letter>.c, and ts.S."""
    for letter in MODULES:
        with open(os.path.join(directory, f"t{letter}.{'S' if letter == 's' else 'c'}"), "w", encoding="ascii") as file:
            if letter == "s":
                file.write(assembly_source(chains))
            else:
                file.write(c_source(letter, chains))
                if letter == "m":
                    file.write(main_source(chains))
