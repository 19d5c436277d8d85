/* commandline.c - goes through the options of a command, and writes its results. */
#include "commandline.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include "report/complain.h"

/* Of what getopt_long() returned ('?' or ':') with opterr 0. */
static int complain_of_option(char **argv, int option)
{
    char short_option[] = { '-', (char)optopt, '\0' }, what[128];
    const char *text = optopt > 0 && optopt < 256 ? short_option : argv[optind - 1];

    snprintf(what, sizeof(what), "%s (try 'systrace-lib %s --help')",
             option == ':' ? "needs a value" : "no such option", *argv);
    return complain_of(text, what);
}

int commandline_parse(int argc, char **argv, const char *letters, const struct option *options,
                      int (*take)(void *context, int option), void *context)
{
    int option, error = 0;

    opterr = 0;
    optind = 0; /* getopt may have been used for the words before the command */
    while (!error && (option = getopt_long(argc, argv, letters, options, NULL)) != -1)
        error = option == '?' || option == ':' ? complain_of_option(argv, option)
                                               : take(context, option);
    return error;
}

int commandline_take(struct query *query, struct outputs *outputs, int option, const char *argument)
{
    char error[QUERY_ERROR_MAX];
    int result = query_parse(query, option, argument, error);

    if (result == QUERY_OTHER)
        return outputs_parse(outputs, option, argument) ? -EINVAL : 0;
    return result ? complain("%s", error) : 0;
}

int commandline_write(const struct outputs *outputs, struct run *run, const char *format)
{
    if (outputs->count)
        return outputs_write(outputs, run);
    errno = 0;
    return complain_of_stdout(outputs_print(outputs, run, format, stdout));
}
