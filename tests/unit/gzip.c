/* gzip.c - run files packed by gzip: round trips, and refusal of what is cut off, damaged, or more
 * than it should be. */
#include "sample.h"

#include <errno.h>
#include "record/gzip.h"
#include "record/runfile.h"

struct bytes {
    char *at;
    size_t size;
};

/* What is printed to a packed file. */
static struct bytes pack(const char *text, size_t size)
{
    struct bytes ret;
    FILE *file = open_memstream(&ret.at, &ret.size), *packed = gzip_writer(file);

    assert_non_null(packed);
    assert_int_equal(fwrite(text, 1, size, packed), size);
    assert_int_equal(fclose(packed), 0);
    assert_int_equal(fclose(file), 0);
    return ret;
}

static char *print_sample(void)
{
    struct run run;

    sample_run(&run, '1');
    char *text = PRINTED(runfile_print(file, &run));
    run_deinit(&run);
    return text;
}

static struct bytes pack_sample(void)
{
    char *text = print_sample();
    struct bytes ret = pack(text, strlen(text));

    free(text);
    return ret;
}

static void check_refused(const char *bytes, size_t size, const char *message)
{
    struct runfile_error error = { "" };
    struct run run;
    FILE *file = size ? fmemopen((char *)bytes, size, "r") : fopen("/dev/null", "r");
    int number = runfile_read(file, &run, &error);

    fclose(file);
    assert_int_equal(number, -EINVAL);
    if (!strstr(error.text, message))
        fail_msg("'%s' instead of '%s'", error.text, message);
}

static void check_accepted(const char *bytes, size_t size)
{
    struct runfile_error error = { "" };
    struct run run;
    FILE *read = fmemopen((char *)bytes, size, "r");
    char *expected = print_sample();

    if (runfile_read(read, &run, &error))
        fail_msg("%s", error.text);
    fclose(read);
    char *text = PRINTED(runfile_print(file, &run));
    assert_string_equal(text, expected);
    run_deinit(&run);
    free(text);
    free(expected);
}

static void test_round_trip(void **state)
{
    struct bytes packed = pack_sample();
    (void)state;

    check_accepted(packed.at, packed.size);
    assert_memory_equal(packed.at, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8); /* no name, no time */
    free(packed.at);
}

static void test_cut_off(void **state)
{
    struct bytes packed = pack_sample();
    (void)state;

    for (size_t size = 2; size < packed.size; size++)
        check_refused(packed.at, size, "cut off");
    free(packed.at);
}

/* Whichever byte is another, it is noticed, but for the time, the system and unused flags. */
static void test_damaged(void **state)
{
    struct bytes packed = pack_sample();
    (void)state;

    for (size_t i = 10; i < packed.size; i++) {
        packed.at[i] ^= 0x55;
        check_refused(packed.at, packed.size, "");
        packed.at[i] ^= 0x55;
    }
    check_accepted(packed.at, packed.size);
    free(packed.at);
}

static struct bytes join(struct bytes one, const char *more, size_t size)
{
    one.at = realloc(one.at, one.size + size);
    memcpy(one.at + one.size, more, size);
    one.size += size;
    return one;
}

/* Members may follow each other, but together they must be one run file; nothing else may follow.
 */
static void test_more_behind(void **state)
{
    char *text = print_sample();
    size_t half = strlen(text) / 2;
    struct bytes begin = pack(text, half), end = pack(text + half, strlen(text) - half);
    struct bytes nothing = pack("", 0), space = pack(" \n", 2);
    (void)state;

    begin = join(join(begin, nothing.at, nothing.size), end.at, end.size);
    begin = join(begin, space.at, space.size);
    check_accepted(begin.at, begin.size);
    struct bytes twice = join(pack_sample(), begin.at, begin.size);
    check_refused(twice.at, twice.size, "end of file expected");
    struct bytes garbage = join(pack_sample(), "garbage", 7),
                 zeros = join(pack_sample(), "\0\0", 2);
    check_refused(garbage.at, garbage.size, "it is no gzip file, or damaged");
    check_refused(zeros.at, zeros.size, "it is no gzip file, or damaged");
    struct bytes plain =
        join((struct bytes){ strdup(text), strlen(text) }, nothing.at, nothing.size);
    check_refused(plain.at, plain.size, "it is not JSON");
    free(text);
    free(begin.at);
    free(end.at);
    free(nothing.at);
    free(space.at);
    free(twice.at);
    free(garbage.at);
    free(zeros.at);
    free(plain.at);
}

/* 64 MiB of one byte, which are 64 KiB packed. */
static struct bytes pack_much(const char *begin, char byte)
{
    enum { PIECE = 1 << 20, PIECES = 64 };
    struct bytes ret;
    FILE *file = open_memstream(&ret.at, &ret.size), *packed = gzip_writer(file);
    char *piece = malloc(PIECE);

    memset(piece, byte, PIECE);
    fputs(begin, packed);
    for (int i = 0; i < PIECES; i++)
        assert_int_equal(fwrite(piece, 1, PIECE, packed), PIECE);
    assert_int_equal(fclose(packed), 0);
    fclose(file);
    free(piece);
    return ret;
}

static void test_bombs(void **state)
{
    struct bytes zeros = pack_much("", '\0'), spaces = pack_much("", ' '),
                 text = pack_much("{\"format\":\"", 'a');
    (void)state;

    check_refused(zeros.at, zeros.size, "it is not JSON");
    check_refused(spaces.at, spaces.size, "more than 128 times its size");
    check_refused(text.at, text.size, "more than 128 times its size");
    free(zeros.at);
    free(spaces.at);
    free(text.at);
}

static void test_no_gzip(void **state)
{
    (void)state;
    check_refused("", 0, "it is not JSON");
    check_refused("\x1f", 1, "it is not JSON");
    check_refused("\x1f\x8c{}", 4, "it is not JSON");
    check_refused("\x1f\x8b", 2, "cut off");
    check_refused("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\x03", 10, "it is no gzip file, or damaged");
    /* a name as long as one likes, and a dictionary */
    check_refused("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03"
                  "aaaa",
                  14, "cut off");
}

/* An error of the file underneath is seen there. */
static void test_full_device(void **state)
{
    FILE *file = fopen("/dev/full", "w"), *packed = gzip_writer(file);
    (void)state;

    setvbuf(file, NULL, _IONBF, 0);
    fputs("text", packed);
    assert_int_equal(fclose(packed), EOF);
    assert_true(ferror(file));
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_damaged),     cmocka_unit_test(test_more_behind),
        cmocka_unit_test(test_bombs),       cmocka_unit_test(test_no_gzip),
        cmocka_unit_test(test_full_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
