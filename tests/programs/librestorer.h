/* librestorer.h - handlers without libc's part in them. */
#ifndef LIBRESTORER_H
#define LIBRESTORER_H

#include <stdbool.h>

/* Installs a handler (one rt_sigaction) whose trampoline moves the system call's number to %rax, or
 * to %eax. */
int restorer_install(int signal, void (*handler)(int), bool wide);

#endif
