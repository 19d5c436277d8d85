/*
 * diff.h - the command `systrace-lib diff OLD NEW [OPTION]...`: what the runs of a new version ask
 * for that those of the old one did not. A gate.
 */
#ifndef SYSTRACE_DIFF_H
#define SYSTRACE_DIFF_H

/* argv[0] is "diff". The exit status: */
enum {
    DIFF_NOTHING_NEW,
    DIFF_NEW,     /* something appeared that is not accepted */
    DIFF_TROUBLE, /* after a line on stderr that says what is wrong */
};

int diff_main(int argc, char **argv);

#endif
