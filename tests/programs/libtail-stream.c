/*
 * libtail-stream.c - a library that leaves by a tail call to a function of libc which leaves by
 * another, through the table of functions of the stream: what is found inside the call is neither
 * offered by libc nor jumped to by anybody in particular.
 */
#include <stdio.h>

/* libc's, by which its header's putc_unlocked writes a full buffer. */
extern int __overflow(FILE *stream, int c);
int tail_overflow(FILE *stream);

int tail_overflow(FILE *stream)
{
    return __overflow(stream, 'x');
}
