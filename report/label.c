/* label.c - how libraries are called in what is made for people. */
#include "label.h"

#include <stdio.h>
#include <stdlib.h>
#include "record/component.h"
#include "record/escape.h"

char *label_library(const char *module, const char *identity, const char *component)
{
    char *joined;

    if (asprintf(&joined, "%s%s%.20s%s%s", module, *identity ? " " : "", identity,
                 *component ? " " : "", component_name(component)) < 0)
        return NULL;
    char *label = escape(joined);
    free(joined);
    return label;
}
