/* compartments.c - fuzz target: any text as a file of compartments, and as one of sonames beside
 * it. */
#include "fuzz.h"

#include <errno.h>
#include "compartments/ruleset.h"
#include "compartments/rulesetformats.h"

static void check_libraries(const struct compartments *compartments)
{
    char *own[2];

    for (size_t i = 0; i < compartments->library_count; i++) {
        const struct compartment_library *library = &compartments->libraries[i];
        CHECK(library->compartment < compartments->count && library->place.line);
        for (char *const *glob = compartment_globs(library, own); *glob; glob++) {
            CHECK(**glob && !strchr(*glob, '\n'));
            compartment_glob_matches(*glob, "libx.so.1.2", "libx.so.1", "net/http");
        }
    }
}

/* What is written with rules in it declares the same compartments; unless there is no place for
 * them. */
static void check_written(const struct compartments *compartments)
{
    struct ruleset ruleset = { .compartments = compartments, .count = compartments->count };
    const struct subject subject = { .ruleset = &ruleset };
    struct compartments again;
    char error[YAMLFILE_ERROR_MAX], *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    ruleset.parts = calloc(compartments->count + 1, sizeof(*ruleset.parts));
    CHECK(file && ruleset.parts);
    int result = rulesetkraft_print(file, &subject);
    fclose(file);
    CHECK(!result || result == -ENOTSUP);
    if (!result && size <= YAMLFILE_SIZE_MAX) {
        CHECK(!compartments_parse(&again, "f", text, size, error));
        CHECK(again.count == compartments->count &&
              again.library_count == compartments->library_count);
        for (size_t i = 0; i < again.count; i++)
            CHECK(!strcmp(again.all[i].name, compartments->all[i].name));
        compartments_deinit(&again);
    }
    free(text);
    free(ruleset.parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char named[] = "compartments: [{name: a, default: true}]\nlibraries: {x: , y: }\n";
    struct compartments compartments;
    char error[YAMLFILE_ERROR_MAX] = "";
    int result = compartments_parse(&compartments, "f", (const char *)data, size, error);

    CHECK(result ? *error && !strchr(error, '\n') : !*error);
    if (!result) {
        CHECK(compartments.fallback < compartments.count ||
              compartments.fallback == COMPARTMENT_NONE);
        CHECK(compartments.owner < compartments.count || compartments.owner == COMPARTMENT_NONE);
        check_libraries(&compartments);
        check_written(&compartments);
    }
    compartments_deinit(&compartments);

    *error = '\0';
    CHECK(!compartments_parse(&compartments, "f", named, sizeof(named) - 1, error));
    result = compartments_add_sonames(&compartments, "f", (const char *)data, size, error);
    CHECK(result ? *error && !strchr(error, '\n') : !*error);
    check_libraries(&compartments);
    compartments_deinit(&compartments);
    return 0;
}
