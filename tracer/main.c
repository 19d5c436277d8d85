/* clang-format off */
/*
 * main.c - systrace-lib: which library asks the kernel for what. A map of the program, in the
 * order things happen (CONTRIBUTING.md has that of the rooms):
 *
 *   options_parse    tracer/options.c              the command line
 *   launch_engine    tracer/launch.c               how calls will stop here
 *   outputs_check    report/outputs.c              can the results be written?
 *   rules_read       compartments/rules.c          what compartments may ask for (--policy)
 *   trace            tracer/trace.c                start the command (launch.c) or attach to processes
 *                                                  (attach.c), and handle every stop (stop.c): who
 *                                                  stopped (tracee.c, family.c, lineage.c), in which
 *                                                  call (entry.c), and what that does (meaning.c,
 *                                                  effects.c); what can be read without waiting for
 *                                                  the process (view.c, served.c)
 *     driver_take_commands  tracer/driver.c        commands of drivers (control.c, command.c) come in between
 *     unwind_number  symbolizer/unwind/unwind.c    with which stack: memo.c, or rows (rowstep.c), or
 *                                                  a guess (guess.c), over the map (space.c, site.c)
 *                                                  and its ELF files (symbolizer/image/); names of
 *                                                  code made at run time (tracer/jit.c)
 *     phase_rules_judge  tracer/phaserule.c        in which phase, by functions (phasecode.c) or calls
 *     run_count      record/run.c                  counted by (program, phase, stack, call)
 *     judge_call     tracer/judge.c                may its caller make it? (--inject, --policy)
 *     record_end     tracer/record.c               then the names of functions (symbolizer/names/)
 *     salvage        tracer/salvage.c              or what there is by a fault of our own (crash.c)
 *   outputs_write    report/outputs.c              each file in its format (format.h has the list)
 *     table_build    report/table.c                calls by library and system call, once it is known
 *       callers_find report/callers.c              who asked, by the stack (attribute.c)
 *     output_write   report/output.c               so that no reader sees half a file
 *
 *   version_print    tracer/version.c              --version: and what the kernel lets us do (probe.c)
 *   report_main      report/report.c               the same tables, of saved runs
 *   diff_main        report/diff.c                 what differs between two lots of them
 *   coverage_main    report/coverage.c             how much of it all they have not shown yet
 *   rulescommand_main  compartments/rulescommand.c   what each compartment asks for, as rules
 *   surfacecommand_main  compartments/surfacecommand.c  and what these would be worth
 *   probecommand_main  probe/probecommand.c        which calls are needed: runs without some
 */
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compartments/rulescommand.h"
#include "compartments/surfacecommand.h"
#include "diag.h"
#include "launch.h"
#include "options.h"
#include "probe/probecommand.h"
#include "report/coverage.h"
#include "report/diff.h"
#include "report/report.h"
#include "trace.h"
#include "version.h"

static int print_text(const struct outputs *outputs, struct run *run)
{
    if (outputs_print(outputs, run, "text", stderr) < 0) {
        diag("out of memory");
        return EXIT_OURS;
    }
    return fflush(stderr) || ferror(stderr) ? EXIT_OURS : 0; /* where could that be said? */
}

static int write_outputs(const struct options *options, struct run *run)
{
    if (!options->outputs.count)
        return print_text(&options->outputs, run);
    return outputs_write(&options->outputs, run) ? EXIT_OURS : 0;
}

/* Ends as the command did: with its status, or killed by the same signal (without a core of ours).
 */
static int end_like(int status)
{
    struct rlimit no_core = { 0, 0 };
    sigset_t all;

    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    setrlimit(RLIMIT_CORE, &no_core);
    signal(WTERMSIG(status), SIG_DFL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    fflush(NULL);
    raise(WTERMSIG(status));
    return 128 + WTERMSIG(status);
}

/* --control may name any phase that there can be. */
static bool may_occur(const struct options *options, const char *phase)
{
    return phase_rules_have(&options->phases, phase) ||
           (options->control && phase_name_is_valid(phase));
}

/* What is allowed in a phase that cannot occur is misspelt, or needs another command line. */
static int check_phases(const struct options *options, char error[static YAMLFILE_ERROR_MAX])
{
    const struct rules *rules = &options->rules;

    for (size_t i = 0; i < rules->compartments.count; i++)
        for (size_t j = 0; j < rules->all[i].phase_count; j++)
            if (!may_occur(options, rules->all[i].phases[j].name))
                return yamlfile_fail_at(options->policy, &rules->all[i].phases[j].place, error,
                                        "there is no phase '%.120s': neither load, main or exit, "
                                        "nor of a --phase",
                                        rules->all[i].phases[j].name);
    return 0;
}

/* 0 or -errno after a message. */
static int read_policy(struct options *options)
{
    char error[YAMLFILE_ERROR_MAX];
    int result = options->policy ? rules_read(&options->rules, options->policy, error) : 0;

    if (!result)
        result = check_phases(options, error);
    if (result)
        diag("%s", error);
    options->rules.deny_unknown |= options->strict;
    return result;
}

/* The command is not to have it. 0 or -errno after a message. */
static int keep_status_fd(int fd)
{
    if (!fd || !fcntl(fd, F_SETFD, FD_CLOEXEC))
        return 0;
    diag("--status-fd=%d: %s", fd, strerror(errno));
    return -errno;
}

static int trace_main(struct options *options)
{
    struct run run;
    int status = 0;

    options->engine = launch_engine(options);
    /* What cannot be written must not be found out after an hour. */
    if (outputs_check(&options->outputs) || read_policy(options) ||
        keep_status_fd(options->status_fd))
        return EXIT_OURS;
    if (run_init(&run) < 0) {
        diag("out of memory");
        return EXIT_OURS;
    }
    int result = trace(options, write_outputs, &run, &status);
    run_deinit(&run);
    return result ? result : end_like(status);
}

/* Our files must not be taken for the standard ones that we were started without. The command gets
 * none. */
static void fill_standard_files(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    for (int standard = 0; fd < 0 && standard <= STDERR_FILENO; standard++) {
        if (fcntl(standard, F_GETFD) < 0)
            exit(EXIT_OURS);
    }
}

/* The commands beside tracing: they are the first word, and get what is behind it. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "report", report_main },          { "diff", diff_main },
    { "coverage", coverage_main },      { "rules", rulescommand_main },
    { "surface", surfacecommand_main }, { "probe", probecommand_main },
};

int main(int argc, char **argv)
{
    struct options options;

    fill_standard_files();
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    int result = options_parse(&options, argc, argv);
    if (result == OPTIONS_RUN)
        result = trace_main(&options);
    else if (result == OPTIONS_VERSION)
        result = version_print(stdout, &options) < 0 ? EXIT_OURS : EXIT_SUCCESS;
    else
        result = result == OPTIONS_DONE ? EXIT_SUCCESS : EXIT_OURS;
    options_deinit(&options);
    return result;
}
