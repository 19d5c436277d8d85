/*
 * control.h - the FIFO of --control=PATH, from which drivers give commands (command.h), and the one
 * beside it, PATH.reply, to which each is answered by a line: "ok", or "error: " and what is wrong.
 *
 * A driver writes a command, then opens the other FIFO and reads the answer. Nothing that it does,
 * or does not, keeps the tracer waiting: an answer is kept until somebody has that FIFO open, and
 * is forgotten when another command comes. So nobody reads an answer to what was asked before by
 * somebody who did not wait for it: who reads has given his command before.
 */
#ifndef SYSTRACE_CONTROL_H
#define SYSTRACE_CONTROL_H

#include "command.h"

struct control {
    int commands; /* -1: there is no --control */
    int replies;  /* of the file only (O_PATH): opened when there is a reader, */
    int reader;   /* to write to him; -1: nobody has come yet */
    char *path, *reply_path;
    bool made, reply_made; /* by us, who remove them */
    struct command_lines lines;
    char answer[512]; /* that nobody has come for; "": none */
    int length;
    unsigned delay; /* after which to look again whether somebody has; milliseconds */
};

/* Nothing is open. */
void control_init(struct control *control);

/* Makes the FIFOs, or takes those that are there. 0; or negative, after a message. */
int control_open(struct control *control, const char *path);

/* Removes what it made, unless something else is there now. Nothing more can come. */
void control_remove(const struct control *control);

/* The same, and closes both; who waits for an answer reads none. */
void control_close(struct control *control);

/* A command that has come, if there is one. The FIFO is read at most *reads times, which become
 * less: at 0 there may be more, however much a writer writes. */
bool control_take(struct control *control, unsigned *reads, struct command *ret);

/* Has an answer to the last command; NULL: it was done, and holds. */
void control_answer(struct control *control, const char *error);

/* Gives the answer that there is to who waits for it. False: nobody has come for it yet, or there
 * are other commands first. */
bool control_deliver(struct control *control);

#endif
