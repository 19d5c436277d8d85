/*
 * onepage.h - a process for tests that is none: one page of code that no file has, and a stack,
 * whose bytes each test sets; and the unwinder, before a step.
 */
#ifndef SYSTRACE_TESTS_UNIT_ONEPAGE_H
#define SYSTRACE_TESTS_UNIT_ONEPAGE_H

#include "loaded.h"

#include "symbolizer/unwind/unwind.h"

enum {
    CODE = 0x10000,
    CODE_SIZE = 0x1000,
    STACK = 0x20000,
    WORDS = 32,
    SP = STACK + 8,
    BP = STACK + 64
};

static struct fixture {
    struct images images;
    struct stacks stacks;
    struct unwinder unwinder;
    struct target target;
    uint64_t stack[WORDS];
    uint8_t code[CODE_SIZE];
    struct position at;
} f;

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    bool code = address >= CODE && address < CODE + CODE_SIZE;
    uint64_t at = address - (code ? CODE : STACK);
    size_t there = code ? sizeof(f.code) : sizeof(f.stack);

    (void)context;
    if (at >= there)
        return -EFAULT;
    size = size < there - at ? size : there - at;
    memcpy(buffer, (code ? f.code : (const uint8_t *)f.stack) + at, size);
    return (ssize_t)size;
}

static int read_maps(void *context, char **ret)
{
    (void)context;
    *ret = strdup("10000-11000 r-xp 00000000 00:00 0\n20000-21000 rw-p 00000000 00:00 0\n");
    return *ret ? 0 : -ENOMEM;
}

static int set_up(void **state)
{
    (void)state;
    memset(&f, 0, sizeof(f));
    f.target = (struct target){ .read = read_memory, .read_maps = read_maps };
    f.at = (struct position){ .sp = SP, .fp = BP, .fp_known = true };
    images_init(&f.images, number_module, NULL);
    if (stacks_init(&f.stacks) || unwinder_init(&f.unwinder, &f.images, &f.stacks))
        return -1;
    f.unwinder.target = &f.target;
    f.unwinder.space = space_create();
    f.unwinder.stack_start = UINT64_MAX / 2; /* no piece of it is at hand */
    f.unwinder.stack_ends = true;
    f.unwinder.looks = 100;
    f.unwinder.settled = true;
    return space_update(f.unwinder.space, &f.images, &f.target);
}

static int tear_down(void **state)
{
    (void)state;
    space_destroy(f.unwinder.space);
    unwinder_deinit(&f.unwinder);
    stacks_deinit(&f.stacks);
    images_deinit(&f.images);
    return 0;
}

#endif
