/*
 * coverage.h - the command `systrace-lib coverage RUN... [OPTION]...`: how much of what libraries
 * ask of the kernel the runs have not shown yet.
 */
#ifndef SYSTRACE_COVERAGE_H
#define SYSTRACE_COVERAGE_H

/* argv[0] is "coverage". The exit status: 0, or 125 after a line on stderr that says what is
 * wrong. */
int coverage_main(int argc, char **argv);

#endif
