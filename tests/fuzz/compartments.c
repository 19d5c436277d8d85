/* compartments.c - fuzz target: any text as a file of compartments, and as one of sonames beside
 * it. */
#include "fuzz.h"

#include "compartments/compartments.h"

static void check_libraries(const struct compartments *compartments)
{
    char *own[2];

    for (size_t i = 0; i < compartments->library_count; i++) {
        const struct compartment_library *library = &compartments->libraries[i];
        CHECK(library->compartment < compartments->count && library->line);
        for (char *const *glob = compartment_globs(library, own); *glob; glob++) {
            CHECK(**glob && !strchr(*glob, '\n'));
            compartment_glob_matches(*glob, "libx.so.1.2", "libx.so.1", "net/http");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char named[] = "compartments: [{name: a, default: true}]\nlibraries: {x: , y: }\n";
    struct compartments compartments;
    char error[YAMLFILE_ERROR_MAX] = "";
    int result = compartments_parse(&compartments, (const char *)data, size, error);

    CHECK(result ? *error && !strchr(error, '\n') : !*error && compartments.count);
    if (!result) {
        CHECK(compartments.fallback < compartments.count ||
              compartments.fallback == COMPARTMENT_NONE);
        CHECK(compartments.owner < compartments.count || compartments.owner == COMPARTMENT_NONE);
        check_libraries(&compartments);
    }
    compartments_deinit(&compartments);

    *error = '\0';
    CHECK(!compartments_parse(&compartments, named, sizeof(named) - 1, error));
    result = compartments_add_sonames(&compartments, (const char *)data, size, error);
    CHECK(result ? *error && !strchr(error, '\n') : !*error);
    check_libraries(&compartments);
    compartments_deinit(&compartments);
    return 0;
}
