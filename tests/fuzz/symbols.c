/* symbols.c - fuzzes symbolizer/symbols.c, and libdwfl behind it: any file as the one whose
 * functions are to be named. */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "symbolizer/symbols.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return mutate_elf(data, size, max_size, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = make_file(data, size);
    struct symbols *symbols = NULL;
    int result = symbols_open(&symbols, "/nowhere/file", fd, NULL, 0);

    CHECK(!result || (result < 0 && !symbols));
    for (uint64_t offset = 0; !result && offset < size + 64; offset += 16) {
        const struct symbol_name *found = symbols_find(symbols, offset);
        if (found) {
            CHECK(found->size && found->offset <= offset && offset - found->offset < found->size);
            CHECK(*found->name);
        }
    }
    symbols_close(symbols);
    close(fd);
    return 0;
}
