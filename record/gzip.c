/* gzip.c - gzip by zlib, as stdio's files on the way out, in pieces on the way in. */
#include "gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* zlib: with a window of 2^15 bytes, and in gzip's format (zlib.h, deflateInit2). */
enum { GZIP_FORMAT = 15 + 16, MEMORY_DEFAULT = 8 };

/* ---- Writing ---- */

struct writer {
    FILE *file;
    z_stream stream;
    unsigned char buffer[1 << 16];
};

/* Compresses what stream.next_in has, or to the end. */
static int compress_to(struct writer *writer, int flush)
{
    z_stream *stream = &writer->stream;
    int result;

    do {
        stream->next_out = writer->buffer;
        stream->avail_out = sizeof(writer->buffer);
        result = deflate(stream, flush);
        size_t size = sizeof(writer->buffer) - stream->avail_out;
        if (fwrite(writer->buffer, 1, size, writer->file) != size)
            return -EIO;
    } while (flush == Z_FINISH ? result != Z_STREAM_END : stream->avail_out == 0);
    return 0;
}

/* fopencookie(3): 0 is an error. */
static ssize_t cookie_write(void *cookie, const char *bytes, size_t size)
{
    struct writer *writer = cookie;

    writer->stream.next_in = (unsigned char *)bytes;
    writer->stream.avail_in = (unsigned)size; /* stdio's buffer, or a piece of 2 GiB at most */
    return compress_to(writer, Z_NO_FLUSH) ? 0 : (ssize_t)size;
}

static int cookie_close(void *cookie)
{
    struct writer *writer = cookie;
    int error = ferror(writer->file) ? -EIO : compress_to(writer, Z_FINISH);

    deflateEnd(&writer->stream);
    free(writer);
    return error ? -1 : 0;
}

FILE *gzip_writer(FILE *file)
{
    const cookie_io_functions_t functions = { .write = cookie_write, .close = cookie_close };
    struct writer *writer = calloc(1, sizeof(*writer));

    if (!writer)
        return NULL;
    writer->file = file;
    if (deflateInit2(&writer->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_FORMAT,
                     MEMORY_DEFAULT, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(writer);
        return NULL;
    }
    FILE *ret = fopencookie(writer, "w", functions);
    if (!ret) {
        deflateEnd(&writer->stream);
        free(writer);
    }
    return ret;
}

/* ---- Reading ---- */

/* More of the file, when all is used up. False: there is no more. */
static bool fill(struct gzip_reader *reader)
{
    size_t size = fread(reader->buffer, 1, sizeof(reader->buffer), reader->file);

    reader->stream.next_in = reader->buffer;
    reader->stream.avail_in = (unsigned)size;
    reader->read += size;
    return size;
}

int gzip_reader_init(struct gzip_reader *reader, FILE *file)
{
    reader->file = file;
    *reader->error = '\0';
    reader->packed = reader->between = false;
    reader->stream = (z_stream){ 0 };
    reader->read = reader->unpacked = 0;
    fill(reader);
    if (reader->stream.avail_in < 2 || reader->buffer[0] != 0x1f || reader->buffer[1] != 0x8b)
        return 0;
    reader->packed = true;
    return inflateInit2(&reader->stream, GZIP_FORMAT) == Z_OK ? 0 : -ENOMEM;
}

void gzip_reader_deinit(struct gzip_reader *reader)
{
    if (reader->packed)
        inflateEnd(&reader->stream);
}

static size_t copy(struct gzip_reader *reader, void *buffer, size_t size)
{
    z_stream *stream = &reader->stream;

    if (!stream->avail_in && !fill(reader))
        return 0;
    size = size < stream->avail_in ? size : stream->avail_in;
    memcpy(buffer, stream->next_in, size);
    stream->next_in += size;
    stream->avail_in -= (unsigned)size;
    return size;
}

/* Unpacks what there is of the input. */
static void unpack(struct gzip_reader *reader)
{
    z_stream *stream = &reader->stream;

    if (reader->between)
        inflateReset(stream);
    int result = inflate(stream, Z_NO_FLUSH);
    reader->between = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR)
        snprintf(reader->error, sizeof(reader->error), "%s", strerror(ENOMEM));
    else if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        snprintf(reader->error, sizeof(reader->error), "it is no gzip file, or damaged: %.64s",
                 stream->msg ? stream->msg : "a dictionary");
}

static void check_size(struct gzip_reader *reader)
{
    if (reader->unpacked > GZIP_UNPACKED_FREE && reader->unpacked / GZIP_RATIO_MAX > reader->read)
        snprintf(reader->error, sizeof(reader->error),
                 "it unpacks to more than %d times its size, as no run does", GZIP_RATIO_MAX);
}

size_t gzip_read(void *buffer, size_t size, void *opaque)
{
    struct gzip_reader *reader = opaque;
    z_stream *stream = &reader->stream;
    const unsigned asked = size < 1 << 30 ? (unsigned)size : 1 << 30;

    if (!reader->packed)
        return copy(reader, buffer, size);
    stream->next_out = buffer;
    stream->avail_out = asked;
    while (stream->avail_out == asked && !*reader->error) {
        if (stream->avail_in || fill(reader)) {
            unpack(reader);
        } else {
            if (!reader->between)
                snprintf(reader->error, sizeof(reader->error), "it is a gzip file that is cut off");
            break;
        }
    }
    reader->unpacked += asked - stream->avail_out;
    check_size(reader);
    return *reader->error ? 0 : asked - stream->avail_out;
}
