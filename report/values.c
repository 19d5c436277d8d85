/* values.c - texts as small numbers. */
#include "values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"

static uint64_t hash(const char *text)
{
    uint64_t ret = 0;

    for (; *text; text++)
        ret = slots_mix(ret, (uint8_t)*text);
    return ret;
}

static int64_t add_new(struct values *values, char *text, uint64_t key)
{
    char **texts =
        array_with_room(values->texts, values->count, &values->capacity, sizeof(*texts));

    if (!texts)
        return -ENOMEM;
    values->texts = texts;
    if (slots_add(&values->slots, key, (uint32_t)values->count) < 0)
        return -ENOMEM;
    texts[values->count] = text;
    return (int64_t)values->count++;
}

int64_t values_add(struct values *values, char *text)
{
    if (!text)
        return -ENOMEM;
    uint64_t key = hash(text);
    uint32_t found =
        SLOTS_FIND(i, &values->slots, key, !strcmp(values->texts[i], text));
    int64_t ret = found != SLOTS_NONE ? found : add_new(values, text, key);
    if (found != SLOTS_NONE || ret < 0)
        free(text);
    return ret;
}

void values_deinit(struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->texts[i]);
    free(values->texts);
    slots_deinit(&values->slots);
    *values = (struct values){ 0 };
}
