/* learned.c - storage. */
#include "learned.h"

#include <stdlib.h>

static void destroy(struct learned *learned)
{
    functions_deinit(&learned->functions);
    codepaths_deinit(&learned->paths);
    exit_table_deinit(&learned->exits);
    free(learned);
}

struct learned *learned_of(struct image *image)
{
    if (!image->learned) {
        image->learned = calloc(1, sizeof(*image->learned));
        image->forget = destroy;
    }
    return image->learned;
}
