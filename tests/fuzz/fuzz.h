/*
 * fuzz.h - what the fuzz targets share: a cursor over the input, a file in memory, a mutator of ELF
 * files. A target is LLVMFuzzerTestOneInput(): it feeds hostile bytes to one parser and checks with
 * CHECK() what must hold whatever they are; sanitizers check the rest.
 */
#ifndef SYSTRACE_TESTS_FUZZ_FUZZ_H
#define SYSTRACE_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* A property of the code under test. */
#define CHECK(property)                                                                     \
    do {                                                                                    \
        if (!(property)) {                                                                  \
            fprintf(stderr, "%s:%d: %s: does not hold: %s\n", __FILE__, __LINE__, __func__, \
                    #property);                                                             \
            abort();                                                                        \
        }                                                                                   \
    } while (0)

/* What libFuzzer calls in a target, and what it offers to a target's own mutator. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Takes numbers and pieces from the front of an input; zeros and nothing when it is used up. */
struct input {
    const uint8_t *at, *end;
};

uint64_t take_number(struct input *input, size_t bytes);
const uint8_t *take_bytes(struct input *input, size_t wanted, size_t *ret);

/* A descriptor on a file with these bytes. */
int make_file(const uint8_t *bytes, size_t size);

/* A small deterministic generator, for mutators. */
uint32_t next_random(unsigned *seed);

/*
 * Changes an ELF file in place, so that its offsets go on to hold: a field of a header, or bytes of
 * the range of a program or section header; at times anything anywhere. The new size.
 */
size_t mutate_elf(uint8_t *bytes, size_t size, size_t max_size, unsigned seed);

#endif
