/* rulesetelf.c - rules in ELF files: what is added is found again and nothing else changes,
 * whatever the file is. */
#include "test.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compartments/rulesetelf.h"

/* A file with two sections but the first: some text, and the names. */
struct small {
    Elf64_Ehdr header;
    char text[32];
    char names[32];
    Elf64_Shdr sections[3];
};

static const char rules[] = "format: systrace-lib-rules/1\n";

static struct small make_small(void)
{
    struct small small = {
        .header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                                 EV_CURRENT },
                    .e_type = ET_EXEC,
                    .e_machine = EM_X86_64,
                    .e_version = EV_CURRENT,
                    .e_shoff = offsetof(struct small, sections),
                    .e_ehsize = sizeof(Elf64_Ehdr),
                    .e_shentsize = sizeof(Elf64_Shdr),
                    .e_shnum = 3,
                    .e_shstrndx = 2 },
        .text = "text",
        .names = "\0.text\0.shstrtab",
        .sections = { [1] = { .sh_name = 1,
                              .sh_type = SHT_PROGBITS,
                              .sh_offset = offsetof(struct small, text),
                              .sh_size = 32,
                              .sh_addralign = 1 },
                      [2] = { .sh_name = 7,
                              .sh_type = SHT_STRTAB,
                              .sh_offset = offsetof(struct small, names),
                              .sh_size = 32,
                              .sh_addralign = 1 } },
    };

    return small;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static char path[] = "/tmp/rulesetelf.XXXXXX";

static int make_path(void **state)
{
    (void)state;
    return mkstemp(path) < 0;
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void test_added(void **state)
{
    struct small small = make_small();
    char error[RULESETELF_ERROR_MAX], *text;
    struct rulesetelf elf;
    Elf64_Ehdr header;
    size_t length;

    (void)state;
    write_file(path, &small, sizeof(small));
    assert_int_equal(rulesetelf_read(path, &text, &length, error), -ENOENT);
    assert_int_equal(rulesetelf_init(&elf, path, rules, strlen(rules), error), 0);
    memcpy(&header, elf.bytes, sizeof(header));
    assert_int_equal(header.e_shnum, 4);
    assert_memory_equal(elf.bytes + sizeof(header), (char *)&small + sizeof(header),
                        sizeof(small) - sizeof(header));
    write_file(path, elf.bytes, elf.size);
    rulesetelf_deinit(&elf);
    assert_int_equal(rulesetelf_read(path, &text, &length, error), 0);
    assert_string_equal(text, rules);
    assert_int_equal(length, strlen(rules));
    free(text);
    assert_int_equal(rulesetelf_init(&elf, path, rules, strlen(rules), error), -EINVAL);
    assert_string_equal(error, "it has rules in it already: take the file without");
}

static void check_refused(const struct small *small, size_t size, const char *what)
{
    char error[RULESETELF_ERROR_MAX];
    struct rulesetelf elf;

    write_file(path, small, size);
    assert_int_equal(rulesetelf_init(&elf, path, rules, strlen(rules), error), -EINVAL);
    assert_string_equal(error, what);
}

static void test_refused(void **state)
{
    struct small small = make_small();

    (void)state;
    check_refused(&small, 0, "it is no ELF file of 64 bits in this machine's byte order");
    check_refused(&small, sizeof(small) - 1, "its section headers are not all there");
    small.header.e_ident[EI_CLASS] = ELFCLASS32;
    check_refused(&small, sizeof(small),
                  "it is no ELF file of 64 bits in this machine's byte order");
    small = make_small();
    small.header.e_shnum = 0;
    check_refused(&small, sizeof(small), "it has no section headers, or too many");
    small = make_small();
    small.header.e_shoff = UINT64_MAX;
    check_refused(&small, sizeof(small), "its section headers are not all there");
    small = make_small();
    small.sections[2].sh_size = UINT64_MAX;
    check_refused(&small, sizeof(small), "the names of its sections are not all there");
}

/* Whatever bytes are wrong: it is refused, or what is added is found again. */
static void test_damaged(void **state)
{
    char error[RULESETELF_ERROR_MAX], *text;
    struct rulesetelf elf;
    size_t length;

    (void)state;
    srandom(1);
    for (int i = 0; i < 2000; i++) {
        struct small small = make_small();
        for (int changes = 1 + (int)(random() % 3); changes; changes--)
            ((char *)&small)[(size_t)random() % sizeof(small)] =
                (char)(random() % 2 ? random() : -1);
        write_file(path, &small,
                   sizeof(small) - (random() % 8 ? 0 : (size_t)random() % sizeof(small)));
        *error = '\0';
        if (rulesetelf_init(&elf, path, rules, strlen(rules), error)) {
            assert_true(*error);
            continue;
        }
        write_file(path, elf.bytes, elf.size);
        rulesetelf_deinit(&elf);
        assert_int_equal(rulesetelf_read(path, &text, &length, error), 0);
        assert_string_equal(text, rules);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_added),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
