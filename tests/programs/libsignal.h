/* libsignal.h - libhandler, which handles signals, and libblock, which is interrupted by them. */
#ifndef LIBSIGNAL_H
#define LIBSIGNAL_H

/* libhandler: installs a handler (one rt_sigaction) that calls getsid once and, if `fd` is not -1,
 * writes a byte to it. */
void handler_install(int signal, int flags, int fd);

/* libblock: one read; one umask after raise(3); one clock_nanosleep. */
int block_read(int fd);
void block_raise(int signal);
void block_sleep(int seconds);

#endif
