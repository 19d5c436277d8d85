/*
 * rulescommand.h - the command `systrace-lib rules RUN... --compartments=FILE [OPTION]...`: what
 * each compartment asks the kernel for, as rules.
 */
#ifndef SYSTRACE_RULESCOMMAND_H
#define SYSTRACE_RULESCOMMAND_H

/* argv[0] is "rules". The exit status: 0, or 125 after a line on stderr that says what is wrong. */
int rulescommand_main(int argc, char **argv);

#endif
