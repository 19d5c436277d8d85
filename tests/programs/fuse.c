/*
 * fuse.c - `fuse DIRECTORY FILE... -- COMMAND [ARG]...` serves the files, under their base names,
 * in a file system of its own (fuse(4)), mounted on the directory while the command runs: so it
 * reads from a process that is traced, too. Exits as the command does.
 *
 * `fuse DIRECTORY PLUGIN FILE -- itself` serves them by a thread, loads the plugin (libplugin.c)
 * from there and asks it once; then it calls getppid on a stack in memory mapped from FILE, of
 * which the outer pages are not there, but would have to be read from the thread.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { FILES_MAX = 16, FIRST_FILE = FUSE_ROOT_ID + 1, REQUEST_MAX = 1 << 18, READ_MAX = 1 << 17 };

static struct file {
    const char *name;
    int fd;
} files[FILES_MAX];
static unsigned file_count;
static int fuse;

static void fail(const char *what)
{
    perror(what);
    exit(126);
}

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t size)
{
    struct fuse_out_header out = { .unique = in->unique, .error = -error };
    struct iovec parts[] = { { &out, sizeof(out) }, { (void *)data, error ? 0 : size } };

    out.len = (unsigned)(parts[0].iov_len + parts[1].iov_len);
    if (writev(fuse, parts, 2) < 0 && errno != ENOENT && errno != ENODEV) /* it was interrupted */
        fail("answer");
}

static const struct file *find_node(__u64 node)
{
    return node >= FIRST_FILE && node - FIRST_FILE < file_count ? &files[node - FIRST_FILE] : NULL;
}

static struct fuse_attr attributes(__u64 node)
{
    const struct file *file = find_node(node);
    struct stat st = { .st_mode = S_IFDIR | 0755 };

    if (file && fstat(file->fd, &st))
        fail(file->name);
    return (struct fuse_attr){ .ino = node,
                               .size = (__u64)st.st_size,
                               .blocks = (__u64)st.st_blocks,
                               .mode = (unsigned)st.st_mode | 0555,
                               .nlink = 1,
                               .uid = getuid(),
                               .gid = getgid() };
}

static void look_up(const struct fuse_in_header *in, const char *name)
{
    unsigned i = 0;

    while (i < file_count && strcmp(files[i].name, name))
        i++;
    struct fuse_entry_out out = { .nodeid = i + FIRST_FILE, .attr = attributes(i + FIRST_FILE) };
    answer(in, i < file_count ? 0 : ENOENT, &out, sizeof(out));
}

static void read_file(const struct fuse_in_header *in, const struct fuse_read_in *wanted)
{
    static char bytes[READ_MAX];
    const struct file *file = find_node(in->nodeid);
    size_t size = wanted->size < READ_MAX ? wanted->size : READ_MAX;
    ssize_t got = file ? pread(file->fd, bytes, size, (off_t)wanted->offset) : -1;

    answer(in, got < 0 ? EIO : 0, bytes, got < 0 ? 0 : (size_t)got);
}

static void begin(const struct fuse_in_header *in, const struct fuse_init_in *init)
{
    struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
                                 .minor = FUSE_KERNEL_MINOR_VERSION,
                                 .max_readahead = init->max_readahead,
                                 .max_write = READ_MAX };

    answer(in, 0, &out, sizeof(out));
}

static void handle(const struct fuse_in_header *in)
{
    struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
    struct fuse_open_out open = { 0 };

    switch (in->opcode) {
    case FUSE_INIT:
        begin(in, (const struct fuse_init_in *)(in + 1));
        break;
    case FUSE_LOOKUP:
        look_up(in, (const char *)(in + 1));
        break;
    case FUSE_GETATTR:
        answer(in, 0, &attr, sizeof(attr));
        break;
    case FUSE_OPEN:
    case FUSE_OPENDIR:
        answer(in, 0, &open, sizeof(open));
        break;
    case FUSE_READ:
        read_file(in, (const struct fuse_read_in *)(in + 1));
        break;
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
    case FUSE_FLUSH:
        answer(in, 0, NULL, 0);
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
        break; /* no answer is expected */
    default:
        answer(in, ENOSYS, NULL, 0);
    }
}

/* Until it is unmounted. */
static void serve(void)
{
    static char request[REQUEST_MAX];

    for (;;) {
        ssize_t got = read(fuse, request, sizeof(request));
        if (got >= (ssize_t)sizeof(struct fuse_in_header))
            handle((const struct fuse_in_header *)request);
        else if (got < 0 && errno == ENODEV)
            return;
        else if (got < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
            fail("read");
    }
}

static void mount_on(const char *directory)
{
    char options[128];

    fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (fuse < 0)
        fail("/dev/fuse");
    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", fuse,
             getuid(), getgid());
    if (mount("fuse", directory, "fuse", MS_NOSUID | MS_NODEV, options))
        fail(directory);
}

/* ---- By a thread ---- */

enum { PAGE = 4096, PAGES = 16, SIZE = PAGES * PAGE };

static char *stack;
static ucontext_t outside, inside;

static void *serve_by_thread(void *unused)
{
    (void)unused;
    serve();
    return NULL;
}

/* Takes away all pages beyond its own for the time of the call. */
static __attribute__((noinline)) void ask(void)
{
    static char saved[SIZE];
    char *here = (char *)((unsigned long)__builtin_frame_address(0) & ~(PAGE - 1ul)) + PAGE;
    size_t size = (size_t)(stack + SIZE - here);

    memcpy(saved, here, size);
    if (madvise(here, size, MADV_DONTNEED))
        fail("madvise");
    syscall(SYS_getppid);
    memcpy(here, saved, size);
}

static __attribute__((noinline)) void call_deeper(void)
{
    volatile char room[2 * PAGE];

    room[0] = room[sizeof(room) - 1] = 1;
    ask();
    room[0] = room[sizeof(room) - 1];
}

static void use_stack(int fd)
{
    stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (stack == MAP_FAILED || getcontext(&inside))
        fail("stack");
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = SIZE;
    inside.uc_link = &outside;
    makecontext(&inside, call_deeper, 0);
    if (swapcontext(&outside, &inside))
        fail("swapcontext");
    munmap(stack, SIZE);
}

static int use_it_itself(const char *directory)
{
    char path[PATH_MAX];
    pthread_t thread;

    if (file_count != 2 || pthread_create(&thread, NULL, serve_by_thread, NULL))
        return 126;
    snprintf(path, sizeof(path), "%s/%s", directory, files[0].name);
    void *plugin = dlopen(path, RTLD_NOW);
    int (*plugin_ask)(void) = plugin ? (int (*)(void))dlsym(plugin, "plugin_ask") : NULL;
    if (!plugin_ask)
        fail(path);
    plugin_ask();
    snprintf(path, sizeof(path), "%s/%s", directory, files[1].name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail(path);
    use_stack(fd);
    close(fd);
    dlclose(plugin);
    if (umount2(directory, MNT_DETACH) || pthread_join(thread, NULL))
        fail("end");
    return 0;
}

/* ---- By a process ---- */

static pid_t start(char **command)
{
    pid_t pid = fork();

    if (pid < 0)
        fail("fork");
    if (!pid && command) {
        execvp(*command, command);
        fail(*command);
    }
    return pid;
}

int main(int argc, char **argv)
{
    int status = 0, i = 2;

    for (; i < argc && strcmp(argv[i], "--") && file_count < FILES_MAX; i++) {
        const char *slash = strrchr(argv[i], '/');
        files[file_count++] =
            (struct file){ slash ? slash + 1 : argv[i], open(argv[i], O_RDONLY | O_CLOEXEC) };
        if (files[file_count - 1].fd < 0)
            fail(argv[i]);
    }
    if (i + 1 >= argc)
        return 126;
    mount_on(argv[1]);
    if (!strcmp(argv[i + 1], "itself"))
        return use_it_itself(argv[1]);
    pid_t server = start(NULL);
    if (!server) {
        serve();
        return 0;
    }
    close(fuse);
    pid_t pid = start(argv + i + 1);
    if (waitpid(pid, &status, 0) != pid || umount2(argv[1], MNT_DETACH) ||
        waitpid(server, NULL, 0) != server)
        fail("end");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
