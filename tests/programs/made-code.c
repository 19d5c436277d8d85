/*
 * made-code.c - code made at run time, of the forms that runtimes have, calls a function of the
 * program, which asks the kernel:
 *   getppid   5 times: by a slot that lies beside the code (rip-relative), as BeamAsm does
 *   getpgrp   5 times: from code that never returns but jumps out through a register, on a frame of
 *             fixed size, as tracing compilers' code does; rbp is used for other things
 *   getuid    5 times: the same with 20,000 bytes between, where an earlier call has left return
 *             addresses, as Erlang's schedulers keep their registers
 * All stacks are complete: who entered the code is found by a search.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOT = 0, FIXED = 128, REMOTE = 256, ROUNDS = 5 };

static const unsigned char by_slot[] = {
    0x48, 0x83, 0xec, 0x08,             /* sub $8,%rsp */
    0xff, 0x15, 0x06, 0x00, 0x00, 0x00, /* call *6(%rip) */
    0x48, 0x83, 0xc4, 0x08, 0xc3, 0x90  /* add $8,%rsp; ret; nop */
};

/* It is left through rbx: add $size,%rsp; pop %rbp; pop %rbx; ret. Between the two lies what is no
 * code. */
static const unsigned char endless[] = {
    0x53, 0x55,                      /* push %rbx; push %rbp */
    0x48, 0x81, 0xec, 0,    0, 0, 0, /* sub $size,%rsp */
    0x48, 0x8d, 0x1d, 72,   0, 0, 0, /* lea 72(%rip),%rbx */
    0x31, 0xed, 0xff, 0xc5,          /* xor %ebp,%ebp; inc %ebp */
    0xff, 0xd7, 0xff, 0xe3           /* call *%rdi; jmp *%rbx */
};
static const unsigned char leave[] = {
    0x48, 0x81, 0xc4, 0, 0, 0, 0, /* add $size,%rsp */
    0x5d, 0x5b, 0xc3              /* pop %rbp; pop %rbx; ret */
};

static void put(unsigned char *at, int size)
{
    enum { LEAVE = 16 + 72, INVALID = 0x06 };

    memset(at, INVALID, LEAVE);
    memcpy(at, endless, sizeof(endless));
    memcpy(at + 5, &size, sizeof(size));
    memcpy(at + LEAVE, leave, sizeof(leave));
    memcpy(at + LEAVE + 3, &size, sizeof(size));
}

static int ask_ppid(void)
{
    return getppid();
}

static int ask_pgrp(void)
{
    return getpgrp();
}

static int ask_uid(void)
{
    return (int)getuid();
}

/* Leaves return addresses deep on the stack. */
static int litter(int depth)
{
    volatile char room[32];

    room[0] = (char)depth;
    return depth ? litter(depth - 1) + room[0] : getpgid(0) > 0;
}

int main(void)
{
    enum { DEPTH = 200, FRAME = 200, FAR = 20000 };
    unsigned char *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int (*volatile target)(void) = ask_ppid;
    int (*volatile made)(void) = (int (*)(void))(code + SLOT);
    int (*volatile fixed)(int (*)(void)) = (int (*)(int (*)(void)))(code + FIXED);
    int (*volatile remote)(int (*)(void)) = (int (*)(int (*)(void)))(code + REMOTE);

    if (code == MAP_FAILED)
        return 2;
    memcpy(code + SLOT, by_slot, sizeof(by_slot));
    memcpy(code + SLOT + sizeof(by_slot), (void *)&target, sizeof(target));
    put(code + FIXED, FRAME);
    put(code + REMOTE, FAR);
    for (int i = 0; i < ROUNDS; i++) {
        made();
        fixed(ask_pgrp);
        litter(DEPTH);
        remote(ask_uid);
    }
    return 0;
}
