/*
 * journal.h - what has been found out so far, in a file that a later probe goes on from: a JSON
 * object a line, each written when it is known. The first says what was probed, the second which
 * files the first run had mapped; then come the pairs, and the runs.
 */
#ifndef SYSTRACE_JOURNAL_H
#define SYSTRACE_JOURNAL_H

#include <jansson.h>
#include <stdio.h>
#include "probe/pairs.h"

struct journal {
    char *path; /* owned; NULL: there is none */
    FILE *file;
    struct journal_run {
        char *taken; /* owned: a set (taking.h) */
        enum trial_end end;
    } * runs; /* also those of this time */
    size_t count, capacity;
    json_t *subject, *files; /* the first lines; NULL: nothing was read */
    size_t written;          /* so many pairs are in the file */
};

void journal_deinit(struct journal *journal);

/* The path is owned from here on, NULL: there is to be no journal. For a new probe no file must be
 * there; to resume, one that is there is read, and must say that the same was probed; its pairs go
 * to `pairs`; it may lack the end of its last line. 0, or a negative errno after a complaint
 * (complain.h), as all here. `subject` is borrowed. */
int journal_open(struct journal *journal, char *path, bool resume, const json_t *subject,
                 struct pairs *pairs);

/* The files that the first run of this time has mapped, by their paths: begins to write, if they
 * are what they were. `subject` as above; `files` is borrowed, too. */
int journal_begin(struct journal *journal, json_t *subject, json_t *files);

/* Notes the pairs that are new, and a run. */
int journal_add_pairs(struct journal *journal, const struct pairs *pairs);
int journal_add_run(struct journal *journal, const char *taken, enum trial_end end);

/* All is done and written elsewhere: removes the file. */
void journal_remove(struct journal *journal);

#endif
