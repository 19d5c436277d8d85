/* reason.c - the reasons that the kernel's age has, or a container. */
#include "reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

void reason_set(struct reason *reason, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason->text, sizeof(reason->text), format, arguments);
    va_end(arguments);
}

void reason_of_syscall_info(int error, struct reason *ret)
{
    struct utsname kernel;

    uname(&kernel);
    reason_set(ret,
               "PTRACE_GET_SYSCALL_INFO: %s; that takes Linux 5.3 or later (this is %s), and a "
               "sandbox that passes it on (gVisor does not)",
               strerror(error), kernel.release);
}

void reason_of_openat2(int error, struct reason *ret)
{
    reason_set(ret,
               "openat2: %s; that takes Linux 5.6 or later, and a container whose seccomp profile "
               "allows it",
               strerror(error));
}
