/*
 * reader.h - values from JSON, checked one by one. Each function returns 0, -EINVAL after it has
 * said in reader->error what is wrong and where, or -ENOMEM; `what` and `name` say it in the
 * message.
 */
#ifndef SYSTRACE_READER_H
#define SYSTRACE_READER_H

#include <jansson.h>
#include "record/place.h"
#include "record/runfile.h"

struct reader {
    struct run *run;
    struct runfile_error *error;
    const char *section; /* where we are, for messages; NULL: the file as a whole */
    size_t row;
    struct place *places; /* the frames' dictionary as the file has it */
    size_t place_count;
    uint32_t *stacks; /* by their numbers in the file: those that they have in the run */
    size_t stack_count;
    struct quality *claims; /* by execution: what the file says of its counts */
};

/* Says what is wrong; the text may quote the file, it is escaped. -EINVAL. */
__attribute__((format(printf, 2, 3))) int refuse(struct reader *reader, const char *format, ...);

/* An object with exactly these members: READ_MEMBERS(reader, value, "the module", "name", "path").
 */
int read_members(struct reader *reader, const json_t *value, const char *what,
                 const char *const *names, size_t count);

#define READ_MEMBERS(reader, value, what, ...)                              \
    read_members(reader, value, what, (const char *const[]){ __VA_ARGS__ }, \
                 sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* An array of `count` elements. */
int read_row(struct reader *reader, const json_t *value, size_t count);

/* A number from 0 to `most`, or below `count`. */
int read_number(struct reader *reader, const json_t *value, const char *what, uint64_t most,
                uint64_t *ret);
int read_index(struct reader *reader, const json_t *value, const char *what, size_t count,
               uint32_t *ret);

/* True or false. */
int read_boolean_of(struct reader *reader, const json_t *object, const char *name, bool *ret);

/* The raw bytes of an escaped string, to be freed by the caller. */
int read_text(struct reader *reader, const json_t *value, const char *what, char **ret);

/* The same of a member of an object. */
int read_number_of(struct reader *reader, const json_t *object, const char *name, uint64_t most,
                   uint64_t *ret);
int read_text_of(struct reader *reader, const json_t *object, const char *name, char **ret);

/* What run_program() and its like returned for a row, which must be new. */
int check_new(struct reader *reader, int64_t number);

/* A row of the section of this name, which is added to the run; of an execution its quality
 * counters to reader->claims, of a frame to reader->places, of a stack its number to
 * reader->stacks. Each refers to rows that were read before. */
typedef int read_fn(struct reader *reader, const json_t *row);
read_fn read_execution;
read_fn read_program;
read_fn read_phase;
read_fn read_module;
read_fn read_symbol;
read_fn read_extent;
read_fn read_inlined;
read_fn read_line;
read_fn read_frame;
read_fn read_stack;
read_fn read_former_stack; /* of the former format: all its frames */

#endif
