/*
 * probecommand.h - the command `systrace-lib probe [OPTION]... -- COMMAND [ARG]...`: which system
 * calls each library really needs. Every pair of a library and a call of a first run is tried
 * twice, all else as it is: with the call failing (ENOSYS), and with it doing nothing (0).
 */
#ifndef SYSTRACE_PROBECOMMAND_H
#define SYSTRACE_PROBECOMMAND_H

/* argv[0] is "probe". The exit status: 0, or 125 after a line on stderr that says what is wrong. A
 * signal that ends it kills us after all was cleaned up. */
int probecommand_main(int argc, char **argv);

#endif
