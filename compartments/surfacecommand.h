/*
 * surfacecommand.h - the command `systrace-lib surface RUN... --compartments=FILE [OPTION]...`:
 * what the rules of compartments would be worth.
 */
#ifndef SYSTRACE_SURFACECOMMAND_H
#define SYSTRACE_SURFACECOMMAND_H

/* argv[0] is "surface". The exit status: 0, or 125 after a line on stderr that says what is wrong.
 */
int surfacecommand_main(int argc, char **argv);

#endif
