/*
 * gzip.h - files in gzip's format (RFC 1952): what is printed goes out compressed, and what is read
 * is unpacked if it is in that format, as its first two bytes say.
 */
#ifndef SYSTRACE_GZIP_H
#define SYSTRACE_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

/* What is printed to it goes to `file`, compressed; fclose(3), which ends it, leaves `file` open.
 * The bytes depend on nothing but what is printed (and on zlib). Errors are those of `file`, for
 * ferror(3). NULL: no memory. */
FILE *gzip_writer(FILE *file);

/*
 * A file unpacks to so many bytes, and beyond to so many times its size: so what reading it costs
 * is bounded by its size, as for one that is not packed. (Deflate can pack zeros 1,032 to 1.)
 */
enum { GZIP_UNPACKED_FREE = 16 << 20, GZIP_RATIO_MAX = 128 };

struct gzip_reader {
    FILE *file;
    char error[128]; /* what is wrong with it, as a sentence; "": nothing yet */

    /* Private: */
    bool packed,
        between;     /* the latter: before a further member, of which a file may have several */
    z_stream stream; /* its input is in `buffer`; if it is not packed, what was read */
    uint64_t read, unpacked;
    unsigned char buffer[1 << 16];
};

/* Begins to read the file, which is borrowed. -ENOMEM: there is nothing to deinit. */
int gzip_reader_init(struct gzip_reader *reader, FILE *file);
void gzip_reader_deinit(struct gzip_reader *reader);

/* The next bytes, unpacked if they were packed: how many, at most `size`. 0: it ends here, or
 * reader->error or ferror(3) say why not. For json_load_callback(). */
size_t gzip_read(void *buffer, size_t size, void *reader);

#endif
