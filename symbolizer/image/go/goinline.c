/* goinline.c - climbs an inline tree (type inlinedCall of runtime/symtab.go, runtime/symtabinl.go).
 */
#include "goinline.h"

#include "symbolizer/image/cursor.h"

enum {
    CALL_SIZE_MAX = 20,
    DEPTH_MAX = 256, /* the compiler inlines by far less deep: ends a hostile cycle */
};

/* A call that was inlined: of which function, and where in the outer function. */
struct inlined_call {
    const char *name;
    uint64_t parent;
};

static bool read_call(const struct image *image, const struct go_function *function,
                      uint64_t number, struct inlined_call *ret)
{
    const struct go_table *table = &image->go;
    uint8_t bytes[CALL_SIZE_MAX];
    size_t size = table->has_start_line ? 16 : 20;
    uint64_t offset;

    if (!function->inline_tree ||
        !image_offset(image, function->inline_tree + number * size, &offset) ||
        !image_bytes(image, offset, bytes, size))
        return false;
    /* Since 1.20: funcID, name, parent pc, start line; before: parent, funcID, file, line, name,
     * parent pc. */
    struct cursor c = { bytes, bytes + size, false };
    take(&c, table->has_start_line ? 4 : 12);
    ret->name = go_table_name(table, take_u32(&c));
    ret->parent = function->start + take_u32(&c);
    return *ret->name && ret->parent < function->end;
}

int go_inlined(const struct image *image, const struct go_function *function, uint64_t vaddr,
               int (*add)(void *context, uint32_t position, const char *name), void *context)
{
    struct inlined_call call = { .parent = vaddr };
    int32_t number;
    int result = 0;

    for (uint32_t position = 0; !result && position < DEPTH_MAX; position++) {
        if (!go_table_inlined(&image->go, function, call.parent, &number))
            return add(context, position, NULL);
        if (number < 0)
            return 0;
        if (!read_call(image, function, (uint64_t)number, &call))
            return add(context, position, NULL);
        result = add(context, position, call.name);
    }
    return result;
}
