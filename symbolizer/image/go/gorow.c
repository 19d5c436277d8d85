/* gorow.c - knows the functions of Go's runtime that are not like others. */
#include "gorow.h"

#include <string.h>

#include "symbolizer/processor/knowncode.h"

enum role {
    ORDINARY,
    OUTERMOST, /* nothing is outwards of it */
    SWITCH,    /* it goes on on another stack, and its code says how it comes back */
    ENTERED,   /* by C: its code says what that has in fp */
    CLONE,     /* clone(2): the child comes out of it with an empty stack */
    UNCALLED,  /* sees to a signal, see struct go_row */
    TRAMPOLINE /* of the signal frame */
};

/*
 * By runtime/asm_amd64.s and runtime/sys_linux_amd64.s of Go 1.16 to 1.22. mcall() leaves a
 * goroutine for good, to schedule another, which gogo() enters; morestack() comes back by other
 * ways than its return: Go's own traceback takes them for the outermost functions of the thread's
 * stack.
 */
static const struct {
    const char *name;
    enum role role;
} roles[] = {
    { "runtime.goexit", OUTERMOST },
    { "runtime.mstart", OUTERMOST },
    { "runtime.rt0_go", OUTERMOST },
    { "runtime.mcall", OUTERMOST },
    { "gogo", OUTERMOST },
    { "runtime.morestack", OUTERMOST },
    { "runtime.systemstack", SWITCH },
    { "gosave_systemstack_switch", SWITCH }, /* by what it stores */
    { "runtime.asmcgocall", SWITCH },
    { "runtime.asmcgocall_no_g", SWITCH },
    { "runtime.cgocallback", SWITCH },
    { "crosscall2", ENTERED },
    { "runtime.nanotime1", SWITCH },
    { "runtime.walltime", SWITCH },
    { "time.now", SWITCH },
    { "runtime.clone", CLONE },
    { "runtime.sigtramp", UNCALLED },
    { "runtime.cgoSigtramp", UNCALLED },
    { "runtime.sigpanic", UNCALLED },
    { "runtime.sigpanic0", UNCALLED },
    { "runtime.asyncPreempt", UNCALLED },
    { "runtime.sigreturn", TRAMPOLINE },
    { "runtime.sigreturn__sigaction", TRAMPOLINE },
};

static enum role role_of(const struct go_function *function)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
        if (!strcmp(function->name, roles[i].name))
            return roles[i].role;
    return function->top ? OUTERMOST : function->moves_stack ? SWITCH : ORDINARY;
}

/* Is this behind the call of clone(2)? The parent returns from there. */
static bool is_clone(const struct image *image, uint64_t vaddr)
{
    const struct knowncode *clone = &knowncode_go_clone;
    uint8_t code[sizeof(clone->bytes)];
    uint64_t offset;

    return image_offset(image, vaddr - (clone->size - SYSCALL_SIZE), &offset) &&
           image_bytes(image, offset, code, clone->size) &&
           !memcmp(code, clone->bytes, clone->size);
}

/* The row by the function's table alone. */
static struct row simple_row(const struct go_table *table, const struct go_function *function,
                             uint64_t vaddr)
{
    struct row row = { .kind = ROW_GO };
    int32_t to_return;

    if (!go_table_stack(table, function, vaddr, &to_return))
        return (struct row){ .kind = ROW_BAD };
    row.cfa_offset = to_return - RETURN_AT_CFA;
    return row;
}

/* Is nothing before this instruction that loads the stack pointer? Then the function's table holds
 * still, also if `moves_stack`. (None of these functions jumps back to what is behind a load.) */
static bool is_before_switch(const struct image *image, uint64_t start, uint64_t vaddr)
{
    uint64_t offset;
    uint8_t code[INSTRUCTION_MAX];
    size_t length = 1;

    for (uint64_t at = start; at < vaddr && length; at += length)
        length = image_offset(image, at, &offset) && image_bytes(image, offset, code, sizeof(code))
                     ? knowncode_same_stack(code, sizeof(code))
                     : 0;
    return length;
}

bool go_row_find(const struct image *image, uint64_t vaddr, struct go_row *ret)
{
    struct go_function function;

    if (!image->go.count || !go_table_find(&image->go, vaddr, &function) || !function.stack_program)
        return false;
    enum role role = role_of(&function);
    *ret = (struct go_row){ .start = function.start,
                            .end = function.end,
                            .signal = role == TRAMPOLINE,
                            .uncalled = role == TRAMPOLINE || role == UNCALLED };
    if (role == OUTERMOST || (role == CLONE && !is_clone(image, vaddr)))
        ret->row.kind = ROW_OUTERMOST;
    else if (role == SWITCH && !is_before_switch(image, function.start, vaddr))
        ret->row.kind = ROW_CODE;
    else if (role == TRAMPOLINE)
        ret->row.kind = ROW_SIGNAL;
    else
        ret->row = simple_row(&image->go, &function, vaddr);
    if (role == ENTERED && ret->row.kind == ROW_GO)
        ret->row.kind = ROW_CODE;
    return true;
}
