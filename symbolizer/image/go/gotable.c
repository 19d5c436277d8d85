/* gotable.c - binary search in Go's index of functions, and its pc-value tables. */
#include "gotable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/bisect.h"
#include "symbolizer/image/cursor.h"

enum {
    MAGIC_1_16 = (int)0xfffffffa,
    MAGIC_1_18 = (int)0xfffffff0,
    MAGIC_1_20 = (int)0xfffffff1,
    FLAG_TOP = 1 << 0,
    FLAG_MOVES_STACK = 1 << 1,
    PROGRAM_INLINED = 2, /* of a function's pc-value tables, PCDATA_InlTreeIndex */
    DATA_INLINED = 3,    /* of its data, FUNCDATA_InlTree */
};

static struct cursor cursor_at(struct span span, uint64_t offset)
{
    if (offset > span.size)
        return (struct cursor){ NULL, NULL, true };
    return (struct cursor){ span.bytes + offset, span.bytes + span.size, false };
}

bool go_table_begins(const uint8_t *bytes, size_t size)
{
    struct cursor c = { bytes, bytes + size, false };
    int magic = (int)take_u32(&c);

    /* Two zeros, the least size of an instruction, the size of a pointer. */
    return (magic == MAGIC_1_16 || magic == MAGIC_1_18 || magic == MAGIC_1_20) &&
           take_u32(&c) == 0x08010000 && size >= GO_HEADER_SIZE;
}

/* The rest of the table from one of its offsets on; empty if that is beyond it. */
static struct span part(const struct go_table *table, uint64_t offset)
{
    if (offset > table->size)
        return (struct span){ table->bytes, 0 };
    return (struct span){ table->bytes + offset, table->size - offset };
}

static size_t word_size(const struct go_table *table)
{
    return table->relative ? 4 : 8;
}

/* An address of the index. There is one more than functions: where the last one ends. */
static uint64_t index_address(const struct go_table *table, uint64_t number)
{
    struct cursor c = cursor_at(table->functions, 2 * word_size(table) * number);
    return table->text + take_fixed(&c, word_size(table));
}

int go_table_init(struct go_table *table, uint8_t *bytes, size_t size, uint64_t text)
{
    struct cursor c = { bytes, bytes + size, false };

    *table = (struct go_table){ .bytes = bytes, .size = size };
    if (!go_table_begins(bytes, size))
        goto fail;
    int magic = (int)take_u32(&c);
    table->relative = magic != MAGIC_1_16;
    table->has_start_line = magic == MAGIC_1_20;
    take(&c, 4);
    table->count = take_fixed(&c, 8);
    take_fixed(&c, 8); /* how many files */
    if (table->relative) {
        uint64_t start = take_fixed(&c, 8);
        table->text = text ? text : start;
    }
    table->names = part(table, take_fixed(&c, 8));
    take_fixed(&c, 8); /* of compile units */
    take_fixed(&c, 8); /* of files */
    table->programs = part(table, take_fixed(&c, 8));
    table->functions = part(table, take_fixed(&c, 8));
    size_t pair = 2 * word_size(table);
    if (c.failed || !table->count || table->count >= table->functions.size / pair ||
        (table->relative && !table->text))
        goto fail;
    return 0;
fail:
    go_table_deinit(table);
    return -EINVAL;
}

void go_table_deinit(struct go_table *table)
{
    free(table->bytes);
    *table = (struct go_table){ 0 };
}

/* How many functions start at or below `vaddr`. */
static uint64_t count_up_to(const struct go_table *table, uint64_t vaddr)
{
    return BISECT(i, table->count, index_address(table, i) <= vaddr);
}

const char *go_table_name(const struct go_table *table, uint64_t offset)
{
    struct cursor c = cursor_at(table->names, offset);

    if (c.failed || !memchr(c.at, '\0', cursor_left(&c)))
        return "";
    return (const char *)c.at;
}

/* Behind a function's record are the pc-value tables and data that only some have. */
static void read_rest(const struct go_table *table, struct cursor *c, uint32_t programs,
                      uint8_t datas, struct go_function *ret)
{
    size_t word = word_size(table);

    for (uint32_t i = 0; i < programs && !c->failed; i++) {
        uint32_t program = take_u32(c);
        if (i == PROGRAM_INLINED)
            ret->inline_program = program;
    }
    /* Addresses are aligned, as the table is. */
    if (!table->relative && (size_t)(c->at - table->bytes) % 8)
        take(c, 4);
    for (uint8_t i = 0; i < datas && !c->failed; i++) {
        uint64_t data = take_fixed(c, word);
        if (i != DATA_INLINED || (table->relative && (data == UINT32_MAX || !table->data)))
            continue;
        ret->inline_tree = table->data + data;
    }
}

bool go_table_find(const struct go_table *table, uint64_t vaddr, struct go_function *ret)
{
    uint64_t number = count_up_to(table, vaddr);
    size_t word = word_size(table);

    if (!number)
        return false;
    uint64_t start = index_address(table, number - 1), end = index_address(table, number);
    if (vaddr < start || vaddr >= end)
        return false;
    struct cursor c = cursor_at(table->functions, 2 * word * (number - 1) + word);
    c = cursor_at(table->functions, take_fixed(&c, word));
    /* type _func of runtime/runtime2.go */
    uint64_t own_start = table->text + take_fixed(&c, word);
    uint32_t name = take_u32(&c);
    take(&c, 2 * 4); /* args, deferreturn */
    uint32_t stack_program = take_u32(&c);
    take(&c, 2 * 4); /* pcfile, pcln */
    uint32_t programs = take_u32(&c);
    take(&c, 4 * (1 + table->has_start_line) + 1); /* cuOffset, startLine; funcID */
    uint8_t flags = take_u8(&c);
    take_u8(&c);
    uint8_t datas = take_u8(&c);
    if (c.failed || own_start != start)
        return false;
    *ret = (struct go_function){
        .start = start,
        .end = end,
        .name = go_table_name(table, name),
        .stack_program = stack_program,
        .top = flags & FLAG_TOP,
        .moves_stack = flags & FLAG_MOVES_STACK,
    };
    read_rest(table, &c, programs, datas, ret);
    return true;
}

/* The zig-zag form of a difference. */
static int64_t take_difference(struct cursor *c)
{
    uint32_t value = (uint32_t)take_uleb(c);
    return value & 1 ? ~(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* A pc-value table is a list of (difference of the value, bytes of code that have it). A difference
 * of 0 ends it, unless it is the first. */
static bool find_value(const struct go_table *table, const struct go_function *function,
                       uint32_t program, uint64_t vaddr, int64_t *ret)
{
    struct cursor c = cursor_at(table->programs, program);
    uint64_t pc = function->start;

    *ret = -1;
    while (pc <= vaddr) {
        bool first = pc == function->start;
        int64_t difference = take_difference(&c);
        uint64_t length = take_uleb(&c);
        if (c.failed || (!difference && !first) || !length || length > UINT32_MAX)
            return false;
        *ret += difference;
        pc += length;
    }
    return *ret >= INT32_MIN && *ret <= INT32_MAX;
}

bool go_table_stack(const struct go_table *table, const struct go_function *function,
                    uint64_t vaddr, int32_t *ret)
{
    int64_t value;

    if (!function->stack_program ||
        !find_value(table, function, function->stack_program, vaddr, &value))
        return false;
    *ret = (int32_t)value;
    return value >= -8 && value < 1 << 30 && value % 8 == 0;
}

bool go_table_inlined(const struct go_table *table, const struct go_function *function,
                      uint64_t vaddr, int32_t *ret)
{
    int64_t value = -1;

    if (function->inline_program &&
        !find_value(table, function, function->inline_program, vaddr, &value))
        return false;
    *ret = (int32_t)value;
    return true;
}
