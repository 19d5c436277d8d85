/*
 * control.h - the FIFO of --control=PATH, from which drivers give commands (command.h), and the one
 * beside it, PATH.reply, to which each is answered by a line: "ok", or "error: " and what is wrong.
 *
 * Nothing that others do with the two, or do not, keeps the tracer waiting: it holds the second
 * open for reading as well, so that an answer is kept there until somebody reads it; or until the
 * next command comes, for then nobody will who goes by the protocol.
 */
#ifndef SYSTRACE_CONTROL_H
#define SYSTRACE_CONTROL_H

#include "command.h"

struct control {
    int commands, replies; /* -1: there is no --control */
    char *path, *reply_path;
    bool made, reply_made; /* by us, who remove them */
    struct command_lines lines;
};

/* Nothing is open. */
void control_init(struct control *control);

/* Makes the FIFOs, or takes those that are there. 0; or negative, after a message. */
int control_open(struct control *control, const char *path);

/* Removes what it made, unless something else is there now. Nothing more can come. */
void control_remove(const struct control *control);

/* The same, and closes both. */
void control_close(struct control *control);

/* A command that has come, if there is one. The FIFO is read at most *reads times, which become
 * less: at 0 there may be more, however much a writer writes. */
bool control_take(struct control *control, unsigned *reads, struct command *ret);

/* Answers a command; NULL: it was done, and holds. */
void control_answer(struct control *control, const char *error);

#endif
