/* rulescommand.c - the command `systrace-lib rules`: options, then the rules of runs, and their
 * output. */
#include "rulescommand.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "compartments/boundary.h"
#include "compartments/rules.h"
#include "compartments/rulesetelf.h"
#include "compartments/rulesetformats.h"
#include "compartments/rulesmerge.h"
#include "report/complain.h"
#include "report/errnoname.h"
#include "report/output.h"

enum { EXIT_OURS = 125, ACTION_MAX = 64 };

struct arguments {
    struct boundary boundary;
    const char *compartment; /* --compartment; NULL: all */
    const char *into, *from; /* ELF files; NULL: none */
    struct rules *files; /* files of rules that are to be merged, of `file_count`; and one more */
    size_t file_count;
    bool about_runs; /* an option is of no use without run files */
    char default_action[ACTION_MAX];
    bool deny_unknown, help;
};

static const char help_begin[] =
    "Usage: systrace-lib rules RUN... --compartments=FILE [OPTION]...\n"
    "       systrace-lib rules [RUN...] RULES... [OPTION]...\n"
    "       systrace-lib rules --from=ELF [-o FILE]\n"
    "Print, from run files, what the libraries of each compartment asked the kernel for, as rules\n"
    "that allow this and nothing else. Several run files are merged; files of rules, too, with "
    "each\n"
    "other and with what the runs add, as YAML.\n"
    "\n";

static const char help_end[] =
    "      --phases             rules for each phase of a process (load, main, exit, the user's)\n"
    "      --default-action=log|kill|errno=NAME\n"
    "                           what becomes of other calls (errno=EPERM)\n"
    "      --unknown-action=log|deny\n"
    "                           and of those whose caller is not known or inexact (log)\n"
    "\n" COMMANDLINE_RESULTS_HELP
    "      --compartment=NAME   with --format=oci: the filter of this compartment\n"
    "      --into=ELF           write a copy of this program or library with the rules in it to "
    "-o\n"
    "      --from=ELF           print the rules that it has\n"
    "  -h, --help               show this\n"
    "\n"
    "Formats, by --format and by the ending of FILE:\n";

enum {
    RULES_PHASES = 6144,
    RULES_DEFAULT,
    RULES_UNKNOWN,
    RULES_COMPARTMENT,
    RULES_INTO,
    RULES_FROM
};

static const struct option long_options[] = {
    BOUNDARY_LONG_OPTIONS,
    { "phases", no_argument, NULL, RULES_PHASES },
    { "default-action", required_argument, NULL, RULES_DEFAULT },
    { "unknown-action", required_argument, NULL, RULES_UNKNOWN },
    { "compartment", required_argument, NULL, RULES_COMPARTMENT },
    { "into", required_argument, NULL, RULES_INTO },
    { "from", required_argument, NULL, RULES_FROM },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

/* ---- Arguments ---- */

static int parse_default(struct arguments *arguments, const char *text)
{
    static const char prefix[] = "errno=";
    const size_t length = strlen(prefix);

    if (!strcmp(text, "log") || !strcmp(text, "kill"))
        snprintf(arguments->default_action, ACTION_MAX, "%s", text);
    else if (!strncmp(text, prefix, length) && errno_parse(text + length) &&
             !isdigit((unsigned char)text[length]))
        snprintf(arguments->default_action, ACTION_MAX, "{errno: %.40s}", text + length);
    else
        return complain_of(text, "--default-action is log, kill or errno=NAME, as errno=EPERM");
    return 0;
}

static int parse_unknown(struct arguments *arguments, const char *text)
{
    if (strcmp(text, "log") != 0 && strcmp(text, "deny") != 0)
        return complain_of(text, "--unknown-action is log or deny");
    arguments->deny_unknown = *text == 'd';
    return 0;
}

static int take_option(void *context, int option)
{
    struct arguments *arguments = context;

    arguments->about_runs |= option != 'o' && option != 'h' && option != OUTPUTS_FORMAT &&
                             option != RULES_INTO && option != RULES_FROM;
    switch (option) {
    case RULES_PHASES:
        arguments->boundary.by_phase = true;
        return 0;
    case RULES_DEFAULT:
        return parse_default(arguments, optarg);
    case RULES_UNKNOWN:
        return parse_unknown(arguments, optarg);
    case RULES_COMPARTMENT:
        arguments->compartment = optarg;
        return 0;
    case RULES_INTO:
        arguments->into = optarg;
        return 0;
    case RULES_FROM:
        arguments->from = optarg;
        return 0;
    case 'h':
        arguments->help = true;
        return 0;
    default:
        return boundary_parse(&arguments->boundary, option, optarg);
    }
}

/* Does any output, or the standard one, have this format? */
static bool has_format(const struct outputs *outputs, format_print *print)
{
    const struct format *format =
        format_by_name(ruleset_formats, outputs->format ? outputs->format : "yaml", false);

    for (size_t i = 0; i < outputs->count && !outputs->format; i++) {
        format = format_by_ending(ruleset_formats, outputs->paths[i], false);
        if (format && format->print == print)
            return true;
    }
    return (outputs->format || !outputs->count) && format && format->print == print;
}

static int check_arguments(const struct arguments *arguments, int rest)
{
    const struct outputs *outputs = &arguments->boundary.outputs;
    const char *declaration = arguments->boundary.declaration;

    if (arguments->from)
        return rest ? complain("--from does not go with run files") : 0;
    if (arguments->compartment && !has_format(outputs, rulesetoci_print))
        return complain("--compartment goes with --format=oci");
    if (has_format(outputs, rulesetkraft_print) && (!declaration || !strcmp(declaration, "auto")))
        return complain("--format=kraft goes with a file of --compartments");
    if (arguments->into && outputs->count != 1)
        return complain("--into needs -o FILE, once: where the copy is to be");
    return 0;
}

/* ---- Files of rules ---- */

/* By what it begins with: a run file is JSON, which gzip may have packed. What cannot be read, or
 * not twice, is left to who reads runs. */
static bool is_of_rules(const char *path)
{
    struct stat status;
    FILE *file = !stat(path, &status) && S_ISREG(status.st_mode) ? fopen(path, "re") : NULL;
    int c = ' ';

    while (file && isspace(c))
        c = getc(file);
    if (file)
        fclose(file);
    return file && c != '{' && c != 0x1f && c != EOF;
}

/* Reads those among the words, and leaves the others: `count`. */
static int take_files(struct arguments *arguments, char **words, int *count)
{
    char error[YAMLFILE_ERROR_MAX];
    int runs = 0;

    arguments->files = calloc((size_t)*count + 1, sizeof(*arguments->files));
    if (!arguments->files)
        return complain("%s", strerror(ENOMEM));
    for (int i = 0; i < *count; i++) {
        if (!is_of_rules(words[i]))
            words[runs++] = words[i];
        else if (rules_read(&arguments->files[arguments->file_count], words[i], error))
            return complain("%s", error);
        else
            arguments->file_count++;
    }
    *count = runs;
    return 0;
}

static int check_files(const struct arguments *arguments, int runs)
{
    const struct outputs *outputs = &arguments->boundary.outputs;

    if (has_format(outputs, rulesetoci_print) || has_format(outputs, rulesetkraft_print) ||
        has_format(outputs, rulesetc_print) || has_format(outputs, rulesetheader_print))
        return complain("files of rules are merged as YAML alone");
    if (!runs && arguments->about_runs)
        return complain("without a run file, rules takes no more than -o, --format and --into");
    return 0;
}

/* Options may stand before, between and behind the run files. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    int error = commandline_parse(argc, argv, ":o:h", long_options, take_option, arguments);

    if (error || arguments->help)
        return error;
    int count = argc - optind;
    error = check_arguments(arguments, count);
    if (error || arguments->from)
        return error;
    error = take_files(arguments, argv + optind, &count);
    if (!error && arguments->file_count)
        error = check_files(arguments, count);
    if (error || (arguments->file_count && !count))
        return error;
    return boundary_finish(&arguments->boundary, argv + optind, count, "rules");
}

/* ---- In an ELF file ---- */

static int print_elf(FILE *file, void *context)
{
    const struct rulesetelf *elf = context;
    struct stat status;

    if (!fstat(fileno(file), &status) && S_ISREG(status.st_mode) && fchmod(fileno(file), elf->mode))
        return -errno;
    fwrite(elf->bytes, 1, elf->size, file);
    return 0;
}

static int write_into(const struct arguments *arguments, const char *text, size_t size)
{
    char error[RULESETELF_ERROR_MAX];
    struct output_error output_error;
    struct rulesetelf elf;

    if (rulesetelf_init(&elf, arguments->into, text, size, error))
        return complain_of(arguments->into, error);
    int result = output_write(arguments->boundary.outputs.paths[0], print_elf, &elf, &output_error);
    rulesetelf_deinit(&elf);
    return result ? complain("%s", output_error.text) : 0;
}

/* As YAML, to be freed; NULL after a complaint. */
static char *make_text(const struct ruleset *ruleset, const struct rules *rules, size_t *size)
{
    const struct subject subject = { .ruleset = ruleset };
    char *text = NULL;
    FILE *file = open_memstream(&text, size);
    int error = file ? 0 : -ENOMEM;

    if (file && ruleset)
        error = rulesetyaml_print(file, &subject);
    else if (file)
        rulesetyaml_print_rules(file, rules);
    if (!(file && fclose(file)) && !error)
        return text;
    complain("%s", strerror(ENOMEM));
    free(text);
    return NULL;
}

static int put_into(const struct arguments *arguments, const struct ruleset *ruleset)
{
    size_t size;
    char *text = make_text(ruleset, NULL, &size);
    int error = text ? write_into(arguments, text, size) : -ENOMEM;

    free(text);
    return error;
}

static int print_text(FILE *file, void *context)
{
    fputs(context, file);
    return 0;
}

/* What a file has in it may be anything: rules, which are YAML, have no control characters. */
static int check_text(const struct arguments *arguments, const char *text, size_t size)
{
    char error[YAMLFILE_ERROR_MAX];
    struct rules rules;

    if (rules_parse(&rules, arguments->from, text, size, error))
        return complain("%s", error);
    rules_deinit(&rules);
    return 0;
}

static int write_text(const struct arguments *arguments, char *text)
{
    const struct outputs *outputs = &arguments->boundary.outputs;
    struct output_error output_error;
    int result = 0;

    for (size_t i = 0; i < outputs->count && !result; i++)
        if (output_write(outputs->paths[i], print_text, text, &output_error))
            result = complain("%s", output_error.text);
    errno = 0;
    return outputs->count || result ? result : complain_of_stdout(print_text(stdout, text));
}

static int take_from(const struct arguments *arguments)
{
    char error[RULESETELF_ERROR_MAX], *text;
    size_t size;

    if (rulesetelf_read(arguments->from, &text, &size, error))
        return complain_of(arguments->from, error);
    int result = check_text(arguments, text, size);
    if (!result)
        result = write_text(arguments, text);
    free(text);
    return result;
}

/* ---- Merged ---- */

/* The rules of the runs become a file of rules, too. */
static int add_runs(const struct arguments *arguments, const struct ruleset *ruleset)
{
    char error[YAMLFILE_ERROR_MAX];
    size_t size;
    char *text = make_text(ruleset, NULL, &size);
    int result = text ? rules_parse(&arguments->files[arguments->file_count], "the runs' rules",
                                    text, size, error)
                      : -ENOMEM;

    if (text && result)
        complain("%s", error);
    free(text);
    return result;
}

/* `count` of them. */
static int write_merged(const struct arguments *arguments, size_t count)
{
    char error[YAMLFILE_ERROR_MAX];
    struct rules rules;
    size_t size;

    if (rules_merge(&rules, arguments->files, count, error))
        return complain("%s", error);
    char *text = make_text(NULL, &rules, &size);
    int result = !text             ? -ENOMEM
                 : arguments->into ? write_into(arguments, text, size)
                                   : write_text(arguments, text);
    free(text);
    rules_deinit(&rules);
    return result;
}

/* Together with the files, if there are any. */
static int merge_runs(const struct arguments *arguments, const struct ruleset *ruleset)
{
    int result = add_runs(arguments, ruleset);

    if (result)
        return result;
    result = write_merged(arguments, arguments->file_count + 1);
    rules_deinit(&arguments->files[arguments->file_count]);
    return result;
}

/* ---- The command ---- */

/* A filter is of names that libseccomp knows. */
static int check_names(const struct ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->process->list.count; i++) {
        const struct allowed *call = &ruleset->process->list.calls[i];
        if (!call->named)
            return complain("system call %" PRIu32 " of %s has no name that libseccomp knows, and "
                            "--format=oci cannot allow it without; --where='syscall!=%s' leaves it "
                            "out",
                            call->nr, abi_name(call->abi), call->name);
    }
    return 0;
}

static int select_compartment(const struct arguments *arguments, struct ruleset *ruleset)
{
    if (!arguments->compartment)
        return 0;
    ruleset->selected = compartments_find(ruleset->compartments, arguments->compartment);
    return ruleset->selected == COMPARTMENT_NONE
               ? complain_of(arguments->compartment, "there is no such compartment")
               : 0;
}

/* Whether what it prints is whole is known when it is printed. */
static int check_kraft(const struct ruleset *ruleset)
{
    const struct subject subject = { .ruleset = ruleset };
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    int error = file ? rulesetkraft_print(file, &subject) : -ENOMEM;

    if (file && fclose(file))
        error = -ENOMEM;
    free(text);
    if (error == -ENOTSUP)
        return complain(
            "--format=kraft: in the file of --compartments these are aliases, which have "
            "no room for rules");
    return error ? complain("%s", strerror(-error)) : 0;
}

static int print_rules(struct ruleset *ruleset, void *context)
{
    struct arguments *arguments = context;
    struct outputs *outputs = &arguments->boundary.outputs;
    int error = select_compartment(arguments, ruleset);

    if (!error && has_format(outputs, rulesetoci_print))
        error = check_names(ruleset);
    if (!error && has_format(outputs, rulesetkraft_print))
        error = check_kraft(ruleset);
    if (error)
        return error;
    ruleset->default_action = arguments->default_action;
    ruleset->deny_unknown = arguments->deny_unknown;
    if (arguments->file_count)
        return merge_runs(arguments, ruleset);
    if (arguments->into)
        return put_into(arguments, ruleset);
    outputs->ruleset = ruleset;
    return commandline_write(outputs, NULL, "yaml");
}

static int run_command(struct arguments *arguments)
{
    const struct outputs *outputs = &arguments->boundary.outputs;
    struct output_error error;

    if (arguments->from)
        return take_from(arguments);
    if (arguments->into && output_check(outputs->paths[0], &error))
        return complain("%s", error.text);
    if (!arguments->into && outputs_check(outputs))
        return -EINVAL;
    if (arguments->file_count && !arguments->boundary.run_count)
        return write_merged(arguments, arguments->file_count);
    return boundary_rules(&arguments->boundary, print_rules, arguments);
}

static int print_help(void)
{
    errno = 0;
    fputs(help_begin, stdout);
    boundary_print_help(stdout);
    fputs(help_end, stdout);
    format_print_help(ruleset_formats, stdout);
    return complain_of_stdout(0);
}

int rulescommand_main(int argc, char **argv)
{
    struct arguments arguments = { .default_action = "{errno: EPERM}" };

    boundary_init(&arguments.boundary, ruleset_formats);
    int error = parse_arguments(argc, argv, &arguments);
    if (!error)
        error = arguments.help ? print_help() : run_command(&arguments);
    for (size_t i = 0; i < arguments.file_count; i++)
        rules_deinit(&arguments.files[i]);
    free(arguments.files);
    boundary_deinit(&arguments.boundary);
    return error ? EXIT_OURS : 0;
}
