/* names.c - a child process that reads symbols and writes the wanted ones to a pipe; and a new one
 * if it dies of that. */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record/bisect.h"
#include "record/component.h"
#include "symbolizer/image/cursor.h"
#include "symbolizer/names/debugfile.h"

/*
 * The child's answer to one job: this, and rows, each of them a byte that says what it is and
 *   ROW_SYMBOL: offset and size of 8 bytes, the source of 1, name and component;
 *   ROW_PLACE: offset of 8 bytes, number of levels of 4, and for each of these name, component,
 * file, and line of 4 bytes. A text is its length of 4 bytes and the bytes;
 *   ROW_ELSEWHERE: nothing more, the last of all; not all debug information is there.
 */
enum answer_row { ROW_SYMBOL, ROW_PLACE, ROW_ELSEWHERE };

struct head {
    uint64_t error; /* 0, or a positive errno; EFBIG: the file asks for too much memory */
    uint64_t size;  /* of what follows */
};

enum { ANSWER_MAX = 256 << 20 };

/* ---- The child ---- */

static void limit_memory(uint64_t bytes)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    /* The sixth number is what RLIMIT_DATA limits, and the stack. */
    if (file && fscanf(file, "%*u %*u %*u %*u %*u %lu", &pages) == 1) {
        rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
        setrlimit(RLIMIT_DATA, &(struct rlimit){ most, most });
    }
    if (file)
        fclose(file);
}

/* Should memory run out all the same, the kernel is to choose this process. */
static void offer_to_die(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (write(fd, "1000", 4) < 0)
            errno = 0; /* then we are as likely as others */
        close(fd);
    }
}

/* No signal of the terminal's, no core file, no life without us. */
static void prepare(pid_t parent, uint64_t bytes)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    limit_memory(bytes);
    offer_to_die();
}

static void print_text(FILE *file, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);

    fwrite(&length, sizeof(length), 1, file);
    fwrite(text, 1, length, file);
}

static void print_name(FILE *file, const struct symbol_name *name)
{
    putc(ROW_SYMBOL, file);
    fwrite(&name->offset, sizeof(name->offset), 1, file);
    fwrite(&name->size, sizeof(name->size), 1, file);
    putc((int)name->source, file);
    print_text(file, name->name);
    print_text(file, name->component);
}

static void print_names(FILE *file, const struct symbols *symbols, const struct names_job *job)
{
    const struct symbol_name *last = NULL, *every;

    for (size_t i = 0; !job->offsets && (every = symbols_at(symbols, i)); i++)
        print_name(file, every);
    for (size_t i = 0; i < job->count; i++) {
        const struct symbol_name *name = symbols_find(symbols, job->offsets[i]);
        if (name && name != last)
            print_name(file, name);
        last = name;
    }
}

/* Where the rows of places go, and what they lack is looked up. */
struct printer {
    FILE *file;
    const struct symbols *symbols; /* NULL: there are none */
};

static int print_place(void *context, uint64_t offset, const struct level *levels, size_t count)
{
    const struct printer *printer = context;
    const struct symbol_name *symbol =
        printer->symbols ? symbols_find(printer->symbols, offset) : NULL;
    uint32_t number = (uint32_t)count;

    putc(ROW_PLACE, printer->file);
    fwrite(&offset, sizeof(offset), 1, printer->file);
    fwrite(&number, sizeof(number), 1, printer->file);
    for (size_t i = 0; i < count; i++) {
        print_text(printer->file, levels[i].name);
        print_text(printer->file,
                   !*levels[i].component && symbol ? symbol->component : levels[i].component);
        print_text(printer->file, levels[i].file);
        fwrite(&levels[i].line, sizeof(levels[i].line), 1, printer->file);
    }
    return 0;
}

/* Is it the file that asks for too much, or is there just no memory to be had? */
static int no_memory(uint64_t limit)
{
    struct rusage usage = { 0 };

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024 > limit / 4 ? -EFBIG : -ENOMEM;
}

static int read_image(const struct names_job *job, struct names_extent extent, int fd, FILE *out)
{
    const char *path = job->image->module.path;
    struct printer printer = { .file = out };
    struct symbols *symbols = NULL;
    int error = symbols_open(&symbols, path, fd, job->offsets, job->count);

    if (!error) {
        print_names(out, symbols, job);
        printer.symbols = symbols;
    }
    if (!error && extent.inlined)
        error =
            srcline_read(path, fd, job->offsets, job->count, extent.lines, print_place, &printer);
    symbols_close(symbols);
    if (error == SRCLINE_ELSEWHERE)
        putc(ROW_ELSEWHERE, out);
    return error < 0 ? error : 0;
}

/* The rows, to be freed. An image without symbols is no error, nor one whose file is gone. 0 or a
 * negative errno. */
static int collect_rows(const struct names_job *job, struct names_extent extent, char **ret,
                        size_t *size)
{
    FILE *out = open_memstream(ret, size);
    int fd = image_open(job->image), error = fd;

    if (fd >= 0) {
        error = out ? read_image(job, extent, fd, out) : -ENOMEM;
        close(fd);
    }
    bool failed = !out || ferror(out);
    failed |= out && (fclose(out) || !*ret); /* glibc reports no failure of its last realloc */
    if (error == -ENOENT || error == -ENOEXEC)
        error = 0;
    return failed && !error ? -ENOMEM : error;
}

static bool write_all(int fd, const void *bytes, size_t size)
{
    while (size) {
        ssize_t put = write(fd, bytes, size);
        if (put <= 0)
            return false;
        bytes = (const char *)bytes + put;
        size -= (size_t)put;
    }
    return true;
}

/* Where the child answers to, and the limit of its memory. */
static struct {
    int out;
    uint64_t limit;
} child_end;

static bool answer(const struct names_job *job, struct names_extent extent)
{
    char *rows = NULL;
    size_t size = 0;
    int error = collect_rows(job, extent, &rows, &size);

    if (error == -ENOMEM)
        error = no_memory(child_end.limit);
    struct head head = { (uint64_t)-error, error ? 0 : size };
    bool written =
        write_all(child_end.out, &head, sizeof(head)) && write_all(child_end.out, rows, head.size);
    free(rows);
    return written;
}

__attribute__((noreturn)) static void answer_no_memory(void)
{
    struct head head = { (uint64_t)-no_memory(child_end.limit), 0 };

    _exit(!write_all(child_end.out, &head, sizeof(head)));
}

/* ---- The parent ---- */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads so many bytes. An enum names_result; negative errno. */
static int read_all(int fd, int64_t deadline, void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        struct pollfd wanted = { fd, POLLIN, 0 };
        int64_t left = deadline - now();
        if (left <= 0)
            return NAMES_TOO_LONG;
        int ready = poll(&wanted, 1, (int)left);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0)
            continue;
        ssize_t got = read(fd, (char *)buffer + done, size - done);
        if (got <= 0)
            return got < 0 ? -errno : NAMES_FAILED;
        done += (size_t)got;
    }
    return NAMES_READ;
}

/* The names, to be freed whatever is returned. An enum names_result; negative errno. */
static int read_answer(int fd, int milliseconds, uint8_t **ret, size_t *size)
{
    int64_t deadline = now() + milliseconds;
    struct head head;
    int result = read_all(fd, deadline, &head, sizeof(head));

    if (result)
        return result;
    if (head.error)
        return head.error == EFBIG ? NAMES_FAILED : -(int)head.error;
    if (head.size > ANSWER_MAX)
        return NAMES_FAILED;
    *ret = malloc(head.size + 1);
    *size = head.size;
    return *ret ? read_all(fd, deadline, *ret, head.size) : -ENOMEM;
}

/* A text, to be freed. NAMES_FAILED: there is none; -ENOMEM. */
static int take_text(struct cursor *c, char **ret)
{
    uint32_t length = take_u32(c);
    const uint8_t *text = take(c, length);

    if (!text || memchr(text, '\0', length))
        return NAMES_FAILED;
    *ret = malloc((size_t)length + 1);
    if (!*ret)
        return -ENOMEM;
    memcpy(*ret, text, length);
    (*ret)[length] = '\0';
    return 0;
}

/* The child's word is worth no more than the file that it read. An enum names_result; -ENOMEM. */
static int take_name(struct cursor *c, struct symbol_name *ret)
{
    ret->offset = take_fixed(c, 8);
    ret->size = take_fixed(c, 8);
    ret->source = take_u8(c);
    if (!ret->size || ret->source >= SOURCES || ret->offset > INT64_MAX ||
        ret->size > INT64_MAX - ret->offset)
        return NAMES_FAILED;
    int result = take_text(c, &ret->name);
    if (!result)
        result = take_text(c, &ret->component);
    if (!result && (!*ret->name || !component_is_valid(ret->component)))
        result = NAMES_FAILED;
    return result;
}

static void free_name(struct symbol_name *name)
{
    free(name->name);
    free(name->component);
}

static int add_name(struct cursor *c, size_t job, const struct names_user *user)
{
    struct symbol_name name = { 0 };
    int result = take_name(c, &name);

    if (!result)
        result = user->add(user->context, job, &name);
    free_name(&name);
    return result;
}

static int take_level(struct cursor *c, bool last, struct level *ret)
{
    int result = take_text(c, &ret->name);

    if (!result)
        result = take_text(c, &ret->component);
    if (!result)
        result = take_text(c, &ret->file);
    ret->line = take_u32(c);
    if (!result && (c->failed || !*ret->name != last || !component_is_valid(ret->component) ||
                    ret->line > INT32_MAX || !ret->line != !*ret->file))
        result = NAMES_FAILED;
    return result;
}

static bool is_asked_for(const struct names_job *job, uint64_t offset)
{
    size_t at = BISECT(i, job->count, job->offsets[i] < offset);

    return at < job->count && job->offsets[at] == offset;
}

static int add_place(struct cursor *c, const struct names_job *job, size_t number,
                     const struct names_user *user)
{
    enum { LEVEL_BYTES = 16 }; /* at least */
    uint64_t offset = take_fixed(c, 8);
    uint32_t count = take_u32(c), taken = 0;
    int result = 0;

    if (!count || count > cursor_left(c) / LEVEL_BYTES || !is_asked_for(job, offset))
        return NAMES_FAILED;
    struct level *levels = calloc(count, sizeof(*levels));
    if (!levels)
        return -ENOMEM;
    for (; taken < count && !result; taken++)
        result = take_level(c, taken + 1 == count, &levels[taken]);
    if (!result)
        result = user->add_place(user->context, number, offset, levels, count);
    for (uint32_t i = 0; i < taken; i++) {
        free(levels[i].name);
        free(levels[i].component);
        free(levels[i].file);
    }
    free(levels);
    return result;
}

static int add_rows(const uint8_t *bytes, size_t size, const struct names_job *job, size_t number,
                    const struct names_user *user)
{
    struct cursor c = { bytes, bytes + size, false };
    int result = 0;

    while (!result && cursor_left(&c)) {
        uint8_t row = take_u8(&c);
        if (row == ROW_SYMBOL)
            result = add_name(&c, number, user);
        else if (row == ROW_PLACE)
            result = add_place(&c, job, number, user);
        else if (row == ROW_ELSEWHERE && !cursor_left(&c))
            user->fail(user->context, number, NAMES_ELSEWHERE, true);
        else
            result = NAMES_FAILED;
    }
    return result;
}

struct child {
    pid_t pid; /* 0: none */
    int fd;    /* where its answers come from */
};

/* What all jobs have in common. */
struct work {
    const struct names_job *jobs;
    size_t count;
    struct names_extent extent;
    const struct names_limits *limits;
    const struct names_user *user;
};

static void answer_all(const struct work *work, size_t first, struct names_extent extent)
{
    for (size_t i = first; i < work->count; i++) {
        if (!answer(&work->jobs[i], i > first ? work->extent : extent))
            return;
    }
}

/* A child that does all jobs from `first` on, that one to this extent. 0 or a negative errno. */
static int start_child(struct child *child, const struct work *work, size_t first,
                       struct names_extent extent)
{
    pid_t parent = getpid();
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    /* Without the locks that fork(3) takes: a thread that is no more may have held them
     * (salvage.c). There is no other now. */
    pid_t pid = _Fork();
    if (!pid) {
        prepare(parent, work->limits->bytes);
        child_end.out = ends[1];
        child_end.limit = work->limits->bytes;
        debugfile_set_memory_handler(answer_no_memory);
        answer_all(work, first, extent);
        _exit(0);
    }
    int error = pid < 0 ? -errno : 0;
    close(ends[1]);
    if (error)
        close(ends[0]);
    else
        *child = (struct child){ pid, ends[0] };
    return error;
}

static void end_child(struct child *child)
{
    enum { TRIES = 1000 };

    if (!child->pid)
        return;
    close(child->fd);
    kill(child->pid, SIGKILL);
    for (int i = 0; i < TRIES && waitpid(child->pid, NULL, 0) < 0 && errno == EINTR; i++)
        ;
    child->pid = 0;
}

/* Does one job, by this child or a new one. An enum names_result; negative errno. */
static int find_job(struct child *child, const struct work *work, size_t job,
                    struct names_extent extent, int milliseconds)
{
    uint8_t *rows = NULL;
    size_t size = 0;
    int result = child->pid ? 0 : start_child(child, work, job, extent);

    if (!result)
        result = read_answer(child->fd, milliseconds, &rows, &size);
    if (!result)
        result = add_rows(rows, size, &work->jobs[job], job, work->user);
    free(rows);
    if (result)
        end_child(child);
    return result;
}

/* The same, with a word to the user if it fails, and less time for the next. */
static int try_job(struct child *child, const struct work *work, size_t job,
                   struct names_extent extent, int *milliseconds)
{
    int result = find_job(child, work, job, extent, *milliseconds);

    if (result > 0)
        work->user->fail(work->user->context, job, (enum names_result)result, extent.inlined);
    if (result == NAMES_TOO_LONG)
        *milliseconds /= 2;
    return result;
}

int names_find(const struct names_job *jobs, size_t count, struct names_extent extent,
               const struct names_limits *limits, const struct names_user *user)
{
    const struct names_extent symbols = { false, false };
    const struct work work = { jobs, count, extent, limits, user };
    struct child child = { 0 };
    int milliseconds = limits->milliseconds, result = 0;

    for (size_t i = 0; i < count && result >= 0; i++) {
        result = try_job(&child, &work, i, extent, &milliseconds);
        if (result > 0 && extent.inlined)
            result = try_job(&child, &work, i, symbols, &milliseconds);
    }
    end_child(&child);
    return result < 0 ? result : 0;
}
