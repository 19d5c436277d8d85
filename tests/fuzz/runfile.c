/* runfile.c - fuzzes record/runfile_read.c: any bytes as a run file, packed or not; and what is
 * done with those that are accepted. */
#include "runs.h"

#include <errno.h>
#include <jansson.h>

#include "fuzz.h"
#include "record/gzip.h"
#include "record/runfile.h"

/* ---- A mutator that keeps JSON what it is ---- */

static json_t *pick(json_t *value, unsigned *seed)
{
    size_t size = json_is_array(value) ? json_array_size(value) : json_object_size(value);

    if (!size || next_random(seed) % 8 == 0)
        return value;
    size_t number = next_random(seed) % size;
    if (json_is_array(value))
        return pick(json_array_get(value, number), seed);
    void *member = json_object_iter(value);
    while (number--)
        member = json_object_iter_next(value, member);
    return pick(json_object_iter_value(member), seed);
}

static void mutate_array(json_t *array, unsigned *seed)
{
    size_t size = json_array_size(array);

    if (!size)
        return;
    size_t from = next_random(seed) % size, to = next_random(seed) % size;
    json_t *copy = json_deep_copy(json_array_get(array, from));
    switch (next_random(seed) % 3) {
    case 0:
        json_array_remove(array, from);
        json_decref(copy);
        break;
    case 1:
        json_array_insert_new(array, to, copy);
        break;
    default:
        json_array_set_new(array, to, copy);
    }
}

static void mutate_string(json_t *string, unsigned *seed)
{
    char text[256] = "";

    snprintf(text, sizeof(text) - 8, "%s", json_string_value(string));
    size_t size = LLVMFuzzerMutate((uint8_t *)text, strlen(text), sizeof(text) - 1);
    text[size] = '\0';
    if (json_string_set(string, text)) /* no UTF-8 */
        json_string_set(string, next_random(seed) % 2 ? "" : "\\xff");
}

static void mutate_value(json_t *value, unsigned *seed)
{
    static const json_int_t numbers[] = { 0, 1, -1, 2, INT64_MAX, INT64_MIN, UINT32_MAX };

    if (json_is_array(value))
        mutate_array(value, seed);
    else if (json_is_string(value))
        mutate_string(value, seed);
    else if (json_is_integer(value) && next_random(seed) % 2)
        json_integer_set(value, numbers[next_random(seed) % LENGTH(numbers)]);
    else if (json_is_integer(value))
        json_integer_set(value, (json_integer_value(value) & INT32_MAX) +
                                    (json_int_t)(next_random(seed) % 5) - 2);
}

static json_t *load(const uint8_t *data, size_t size)
{
    struct gzip_reader reader;
    FILE *file = fmemopen((void *)data, size, "r");

    if (!file)
        return NULL;
    CHECK(!gzip_reader_init(&reader, file));
    json_t *root = json_load_callback(gzip_read, &reader, 0, NULL);
    gzip_reader_deinit(&reader);
    fclose(file);
    return root;
}

/* The size, if there is room for it. */
static size_t pack(const json_t *root, uint8_t *data, size_t size, size_t max_size)
{
    char *bytes;
    size_t written;
    FILE *file = open_memstream(&bytes, &written), *packed = gzip_writer(file);

    CHECK(file && packed);
    json_dumpf(root, packed, JSON_COMPACT);
    CHECK(!fclose(packed) && !fclose(file));
    if (written <= max_size)
        memcpy(data, bytes, written);
    free(bytes);
    return written <= max_size ? written : size;
}

/* One that is packed stays so, most often; and at times one is packed that was not. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    json_t *root = next_random(&seed) % 8 ? load(data, size) : NULL;
    bool was_packed = size && *data == 0x1f, change = next_random(&seed) % 32 == 0;

    if (!root)
        return LLVMFuzzerMutate(data, size, max_size);
    for (uint32_t times = 1 + next_random(&seed) % 3; times; times--)
        mutate_value(pick(root, &seed), &seed);
    size_t written = was_packed != change ? pack(root, data, size, max_size)
                                          : json_dumpb(root, (char *)data, max_size, JSON_COMPACT);
    json_decref(root);
    return written <= max_size ? written : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run;
    struct runfile_error error = { "" };
    FILE *file = fmemopen((void *)data, size, "r");

    if (!file)
        return 0;
    int result = runfile_read(file, &run, &error);
    fclose(file);
    CHECK(!result || result == -EINVAL);
    if (result) {
        CHECK(*error.text && !strchr(error.text, '\n'));
        return 0;
    }
    check_run(&run);
    run_deinit(&run);
    return 0;
}
