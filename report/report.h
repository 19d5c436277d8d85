/*
 * report.h - the command `systrace-lib report RUN... [OPTION]...`: tables, merges and exports of
 * run files.
 */
#ifndef SYSTRACE_REPORT_H
#define SYSTRACE_REPORT_H

/* argv[0] is "report". The exit status: 0, or 125 after a line on stderr that says what is wrong.
 */
int report_main(int argc, char **argv);

#endif
