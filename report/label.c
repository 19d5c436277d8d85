/* label.c - how libraries are called in what is made for people. */
#include "label.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/component.h"
#include "record/escape.h"

static const char *label_module(const struct run *run, const struct module *module)
{
    for (size_t i = 0; i < run->module_count; i++) {
        const struct module *other = &run->modules[i];
        if (other != module && !strcmp(other->name, module->name) && *module->path)
            return module->path;
    }
    return module->name;
}

const char **label_modules(const struct run *run)
{
    const char **labels = calloc(run->module_count, sizeof(*labels));

    for (size_t i = 0; labels && i < run->module_count; i++)
        labels[i] = label_module(run, &run->modules[i]);
    return labels;
}

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
