/* libask.h - liba and libb: two libraries that ask the kernel, and one that asks the other. */
#ifndef LIBASK_H
#define LIBASK_H

/* liba: each call of these is one system call of that name, with liba as its caller. */
int a_getpgid(void);
int a_getppid(void);
/* liba calls libb, which calls getsid once. */
int a_ask_b(void);
/* liba calls `callback(i)` for i in 0..count-1 and asks nothing itself. */
void a_each(int count, void (*callback)(int));
/* liba calls `callback(depth)` and adds one: a frame of liba between the two calls of the
 * executable. */
int a_bounce(int (*callback)(int), int depth);

/* libb: one umask, one getsid. */
int b_umask(void);
int b_getsid(void);

#endif
