/*
 * elf.c - fuzzes what is read of an ELF file when it is first mapped (symbolizer/image/image.c,
 * debugframe.c, cfi.c, functions.c, library.c), and the unwind rows made of it (row.c, codepath.c):
 * as a file, and as a copy taken from memory.
 */
#include "fuzz.h"

#include <errno.h>

#include "symbolizer/unwind/loops.h"
#include "symbolizer/unwind/codepath.h"
#include "symbolizer/unwind/functions.h"
#include "symbolizer/image/go/gorow.h"
#include "symbolizer/image/images.h"
#include "record/library.h"

enum { ROWS_MAX = 256, MAPPED_AT = 0x10000 };

static const uint8_t *file;
static size_t file_size;

/* The whole file is mapped at one place. */
static ssize_t read_file(void *context, uint64_t address, void *buffer, size_t size)
{
    uint64_t at = address - MAPPED_AT;

    (void)context;
    if (address < MAPPED_AT || at >= file_size)
        return -EFAULT;
    if (size > file_size - at)
        size = file_size - at;
    memcpy(buffer, file + at, size);
    return (ssize_t)size;
}

static int read_map(void *context, char **ret)
{
    (void)context;
    return asprintf(ret, "%x-%zx r-xp 00000000 fe:00 7 /lib/x.so\n", MAPPED_AT,
                    MAPPED_AT + file_size) < 0
               ? -ENOMEM
               : 0;
}

static int open_file(void *context, const struct mapping *mapping, const char *path)
{
    (void)mapping;
    CHECK(!strcmp(path, "/lib/x.so"));
    return *(bool *)context ? make_file(file, file_size) : -ENOENT;
}

static int64_t number_module(void *context, const struct module *module)
{
    (void)context;
    CHECK(module->name && module->path && module->soname && module->identity);
    CHECK(!*module->identity || strchr(module->identity, ':'));
    return MODULE_FIRST;
}

/* An entry covers what it is found for, and has a row. */
static void look_up(struct image *image, uint64_t vaddr)
{
    const struct cfi *tables;
    struct fde fde;
    int result = image_find_fde(image, vaddr, &tables, &fde);

    CHECK(!result || result == -ENOENT || result == -EINVAL);
    CHECK(cfi_next_start(&image->cfi, vaddr) > vaddr || vaddr == UINT64_MAX);
    if (result)
        return;
    CHECK(fde.start <= vaddr && vaddr < fde.end);
    struct row row = rows_find(&image->rows, &fde, vaddr);
    struct row again = rows_find(&image->rows, &fde, vaddr);
    CHECK(row.kind <= ROW_IN_REGISTER);
    CHECK(row.kind == again.kind && row.cfa_offset == again.cfa_offset);
    CHECK(row.fp_offset == again.fp_offset);
}

/* A function holds the address for which it is found, and has a name. */
static void look_up_go(const struct image *image, uint64_t vaddr)
{
    struct go_function function;
    struct go_row row;

    if (go_table_find(&image->go, vaddr, &function)) {
        CHECK(function.start <= vaddr && vaddr < function.end);
        CHECK(strlen(function.name) < image->go.size);
    }
    if (go_row_find(image, vaddr, &row))
        CHECK(row.start <= vaddr && vaddr < row.end && row.row.kind <= ROW_SIGNAL);
}

static void look_up_entries(struct image *image, const struct cfi *cfi)
{
    uint64_t vaddr = 0;
    struct fde fde;

    for (int i = 0; i < ROWS_MAX; i++) {
        look_up(image, vaddr);
        vaddr = cfi_next_start(cfi, vaddr);
        if (vaddr == UINT64_MAX)
            return;
        if (!cfi_find(cfi, vaddr, &fde))
            look_up(image, fde.end - 1);
    }
}

static void check_segments(struct images *images, struct image *image)
{
    uint64_t offset, vaddr;

    for (size_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];
        if (!s->size)
            continue;
        CHECK(image_offset(image, s->vaddr, &offset));
        CHECK(image_vaddr(image, s->offset, &vaddr));
        if (image->cfi.count || image->debug.count) {
            for (uint64_t at = 0; at < s->size && at < ROWS_MAX; at++)
                look_up(image, s->vaddr + at);
        }
        uint64_t start = function_start(images, image, s->vaddr + ROWS_MAX);
        CHECK(start <= s->vaddr + ROWS_MAX);
        struct codepath path;
        if (start && codepath_find(image, start, s->vaddr + ROWS_MAX, &path))
            CHECK(path.row.kind == ROW_OUTERMOST || path.row.cfa_offset);
        struct loops loops = { 0 };
        for (uint64_t at = 0; at < s->size && at < ROWS_MAX; at++)
            CHECK(loops_find(&loops, image, s->vaddr + at) <= LOOPS_PROVEN);
        loops_deinit(&loops);
        for (uint64_t at = 0; image->go.count && at < s->size && at < ROWS_MAX; at++)
            look_up_go(image, s->vaddr + at);
    }
}

static void check_library(const struct module *module)
{
    struct runtime_libraries list = { 0 };

    library_is_runtime(&list, &(struct library_run){ module, 1 }, module);
    CHECK(!library_is_exit_handler(module, "", ""));
}

static void read_image(bool as_file)
{
    struct target target = {
        .read = read_file, .read_maps = read_map, .open_mapped = open_file, .context = &as_file
    };
    struct images images;
    struct image *image = NULL, *again = NULL;
    struct mapping mapping;
    char *map;
    const char *text;

    CHECK(!read_map(&as_file, &map));
    text = map;
    CHECK(maps_next(&text, &mapping) == 1);
    images_init(&images, number_module, NULL);
    if (images_load(&images, &target, &mapping, &image) == 1) {
        check_segments(&images, image);
        look_up_entries(image, &image->cfi);
        look_up_entries(image, &image->debug);
        look_up(image, image->entry);
        look_up(image, UINT64_MAX);
        check_library(&image->module);
        CHECK(images_load(&images, &target, &mapping, &again) == 1 && again);
    }
    images_deinit(&images);
    free(map);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return mutate_elf(data, size, max_size, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    file = data;
    file_size = size;
    if (size) {
        read_image(true);
        read_image(false);
    }
    return 0;
}
