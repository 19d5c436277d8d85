/*
 * command.h - what a driver may write to the FIFO of --control, line by line: "phase NAME", "phase"
 * (main again), "pause", "resume", "save". Pure functions of bytes that anybody may have written.
 */
#ifndef SYSTRACE_COMMAND_H
#define SYSTRACE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "phaserule.h"

struct command {
    enum command_kind {
        COMMAND_PHASE,
        COMMAND_PAUSE,
        COMMAND_RESUME,
        COMMAND_SAVE,
        COMMAND_WRONG,
    } kind;
    char name[PHASE_NAME_MAX + 1]; /* of the phase; "" for none */
    const char *error;             /* of COMMAND_WRONG: what is wrong */
};

/* A line without its end, of any bytes. White space at its ends and between words does not matter.
 */
struct command command_parse(const char *line, size_t length);

/* Bytes that have come, of which lines are made. */
struct command_lines {
    char bytes[4096]; /* PIPE_BUF: so much is written at once, or not at all */
    size_t length;
    bool overlong; /* the line is longer, and is passed over up to its end */
};

/* Where the next bytes are to be put, at most `*room`, which is not 0. */
char *command_lines_room(struct command_lines *lines, size_t *room);

/* So many have been put there. */
void command_lines_add(struct command_lines *lines, size_t count);

/* Takes the next command; false: there is no whole line. */
bool command_lines_take(struct command_lines *lines, struct command *ret);

/* Nobody has the FIFO open to write: what is left is no whole line and will not become one. True
 * and a wrong command, if there is anything left. */
bool command_lines_end(struct command_lines *lines, struct command *ret);

#endif
