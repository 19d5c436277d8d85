/* libcompartments.h - libparser and libspawner, the two compartments of compartments.c. */
#ifndef LIBCOMPARTMENTS_H
#define LIBCOMPARTMENTS_H

#include <stddef.h>

/* What is being parsed, and what is called for it. */
struct request {
    char name[16];
    long number;       /* rax */
    long arguments[3]; /* rdi, rsi, rdx */
    void *handler;
    void *forged;
};

/* libparser. */
long parser_parse(const char *input, size_t length);
long parser_raw(void);

/* libspawner; and where its functions go on behind their calls. */
long spawner_execve(const char *path, char *const *arguments, char *const *environment);
long spawner_write(long file, const void *bytes, size_t size);
void spawner_execve_returned(void);
void spawner_write_returned(void);

#endif
