/* version.c - asks the libraries which they are, and the kernel what it allows. */
#include "version.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <libunwind.h>
#include <protobuf-c/protobuf-c.h>
#include <seccomp.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <yaml.h>
#include <zlib.h>

#include "launch.h"
#include "probe.h"
#include "symbolizer/processor/processor.h"

#ifdef SYSTRACE_STATIC
static const char linkage[] = "static";
#else
static const char linkage[] = "dynamic";
#endif

#define TEXT(macro)    TEXT_OF(macro)
#define TEXT_OF(words) #words
#define UNWIND         TEXT(UNW_VERSION_MAJOR) "." TEXT(UNW_VERSION_MINOR) "." TEXT(UNW_VERSION_EXTRA)

/* Of those loaded, which need not be those we were built with; but libunwind does not tell. */
static void print_libraries(FILE *file)
{
    const struct scmp_version *seccomp = seccomp_version();

    fprintf(file, "libraries: libunwind %s, libdw and libelf %s, libseccomp %u.%u.%u, ", UNWIND,
            dwfl_version(NULL), seccomp->major, seccomp->minor, seccomp->micro);
    fprintf(file, "jansson %s, libyaml %s, zlib %s, protobuf-c %s, ", jansson_version_str(),
            yaml_get_version_string(), zlibVersion(), protobuf_c_version());
    fprintf(file, "glibc %s\n", gnu_get_libc_version());
}

static void print_answer(FILE *file, const char *name, const struct reason *reason)
{
    if (*reason->text)
        fprintf(file, "%s: no: %s\n", name, reason->text);
    else
        fprintf(file, "%s: yes\n", name);
}

static void print_default(FILE *file, const struct probe *p, const struct options *options)
{
    enum engine engine = launch_engine(options);

    if (*p->command.text)
        fprintf(file, "default engine: none\n");
    else if (engine != ENGINE_PTRACE && *p->seccomp.text)
        fprintf(file, "default engine: none, but there is --engine=ptrace\n");
    else
        fprintf(file, "default engine: %s\n", options_engine_name(engine));
}

static void print_answers(FILE *file, const struct options *options)
{
    struct utsname kernel;
    struct probe p;

    probe(&p);
    uname(&kernel);
    fprintf(file, "\nLinux %s allows user %u:\n", kernel.release, (unsigned)geteuid());
    print_answer(file, "trace commands", &p.command);
    print_answer(file, "engine seccomp", &p.seccomp);
    print_answer(file, "engine agent", &p.agent);
    print_answer(file, "read stacks", &p.stacks);
    print_answer(file, "attach to own processes", &p.attach);
    print_answer(file, "attach to processes of others", &p.others);
    print_answer(file, "read maps of JIT compilers", &p.jit);
    print_default(file, &p, options);
}

int version_print(FILE *file, const struct options *options)
{
    fprintf(file, "systrace-lib %s\n", SYSTRACE_VERSION);
    fprintf(file,
            "features: %s build for Linux " PROCESSOR_NAME
            ", engines seccomp, ptrace and agent (experimental)\n",
            linkage);
    print_libraries(file);
    fflush(file); /* else children would have it too */
    print_answers(file, options);
    return fflush(file) || ferror(file) ? -EIO : 0;
}
