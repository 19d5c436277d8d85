/*
 * gotable.h - reads the table that the Go linker writes of all its functions (.gopclntab,
 * "pclntab"): their ranges and names, and how far the stack pointer is below the return address at
 * each pc. Go's own traceback goes by it (runtime/symtab.go), so it is in stripped programs too.
 * The formats of Go 1.16, 1.18 and 1.20 and later are known. The bytes are untrusted: every access
 * is bounds-checked.
 */
#ifndef SYSTRACE_GOTABLE_H
#define SYSTRACE_GOTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "symbolizer/image/cfi.h"

/* Addresses are link-time addresses (vaddr) throughout. */
struct go_table {
    uint8_t *bytes; /* owned; NULL: there is no table */
    size_t size;
    bool relative; /* since 1.18: functions are named by 32-bit offsets from the text's start */
    bool has_start_line; /* since 1.20: a function's record has one more word */
    uint64_t text;       /* the text's start; 0 if not relative */
    uint64_t data;       /* what addresses of data of functions are relative to; 0: not known */
    uint64_t count;      /* functions */
    struct span names, programs; /* of functions; of pc-value tables */
    struct span functions;       /* the sorted index, then the functions' records */
};

struct go_function {
    uint64_t start, end;
    const char *name; /* "net/http.(*conn).serve", borrowed from the table; "" if it has none */
    uint32_t stack_program; /* pc-value tables, 0: none */
    uint32_t inline_program;
    uint64_t inline_tree; /* address; 0: none, or not known */
    bool top;             /* the outermost function of a stack (1.17 and later say so) */
    bool moves_stack;     /* it loads the stack pointer, by which its table is void (since 1.17) */
};

/* Whose functions' addresses are relative to `text` if the header leaves that to the loader: in a
 * position-independent program it is 0 there. */
enum { GO_HEADER_SIZE = 72, GO_HEADER_TEXT = 24 };

/* Does a table begin here? */
bool go_table_begins(const uint8_t *bytes, size_t size);

/* Takes over `bytes`, from malloc(3), also on failure. `text` is what a relocation puts into the
 * header, 0 if there is none. 0 or -EINVAL. */
int go_table_init(struct go_table *table, uint8_t *bytes, size_t size, uint64_t text);
void go_table_deinit(struct go_table *table);

/* The function that holds an address; false if none does, or its record is malformed. */
bool go_table_find(const struct go_table *table, uint64_t vaddr, struct go_function *ret);

/* How many bytes above the stack pointer the return address is, before the instruction at `vaddr`
 * runs. False: the table does not say. */
bool go_table_stack(const struct go_table *table, const struct go_function *function,
                    uint64_t vaddr, int32_t *ret);

/* Which call of the function's inline tree the instruction at `vaddr` belongs to; -1: none. False:
 * the table is malformed. */
bool go_table_inlined(const struct go_table *table, const struct go_function *function,
                      uint64_t vaddr, int32_t *ret);

/* The name at an offset of the names, "" if there is none; borrowed from the table. */
const char *go_table_name(const struct go_table *table, uint64_t offset);

#endif
