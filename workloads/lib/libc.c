/* libc.c - asks a C library for all kinds of system calls, ROUNDS times: files, memory, threads,
 * processes, sockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, strerror(errno)); \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

static void files(void)
{
    char buffer[64] = "";
    struct stat status;
    struct statvfs system;
    struct iovec parts[2] = { { "abc", 3 }, { "def", 3 } };
    struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };
    int fd = open("x", O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    CHECK(fd >= 0 && writev(fd, parts, 2) == 6 && pread(fd, buffer, 6, 0) == 6 &&
          !strcmp(buffer, "abcdef"));
    CHECK(pwrite(fd, "x", 1, 3) == 1 && lseek(fd, 0, SEEK_SET) == 0 &&
          readv(fd, &(struct iovec){ buffer, 6 }, 1) == 6);
    CHECK(!fcntl(fd, F_SETLK, &lock) && !flock(fd, LOCK_EX | LOCK_NB) && dup2(fd, 100) == 100 &&
          !close(100));
    CHECK(!ftruncate(fd, 65536) && !posix_fallocate(fd, 0, 65536) &&
          !posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
    char *map = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    map[5] = 1;
    CHECK(!msync(map, 65536, MS_SYNC) && !madvise(map, 65536, MADV_WILLNEED) &&
          !munmap(map, 65536));
    CHECK(!fsync(fd) && !fdatasync(fd) && !fchmod(fd, 0600) && !futimens(fd, NULL) && !close(fd));
    CHECK(!link("x", "l") && !rename("x", "y") && !mkdir("d", 0755) && !symlink("y", "s") &&
          !mkfifo("f", 0600));
    CHECK(!stat("y", &status) && status.st_nlink == 2 && !lstat("s", &status) &&
          readlink("s", buffer, 9) == 1);
    CHECK(!statvfs(".", &system) && !access("y", R_OK) && !chdir("d") &&
          getcwd((char[4096]){ 0 }, 4096) && !chdir(".."));
    CHECK(getxattr("y", "user.none", buffer, 9) < 0 && !utimensat(AT_FDCWD, "y", NULL, 0) &&
          umask(umask(022)) == 022);
    CHECK(open("none", O_RDONLY) < 0 && errno == ENOENT && close(-1) < 0 && errno == EBADF);

    FILE *file = fopen("y", "r+");
    CHECK(file && fgetc(file) == 'a' && !fseek(file, 0, SEEK_END) && fputs("end", file) >= 0 &&
          !fclose(file));
    FILE *temporary = tmpfile();
    CHECK(temporary && !fclose(temporary));
    char template[] = "tXXXXXX";
    CHECK((fd = mkstemp(template)) >= 0 && !close(fd) && !unlink(template));
    glob_t found;
    CHECK(!glob("[lsy]", 0, NULL, &found) && found.gl_pathc == 3);
    globfree(&found);
    struct dirent **names;
    int n = scandir(".", &names, NULL, alphasort);
    CHECK(n > 4);
    while (n--)
        free(names[n]);
    free(names);
    CHECK(!unlink("y") && !unlink("l") && !unlink("s") && !unlink("f") && !rmdir("d"));
}

static void memory(void)
{
    void *large = malloc(5 << 20),
         *mapped = mmap(0, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(large && mapped != MAP_FAILED && (large = realloc(large, 50 << 20)) &&
          !mprotect(mapped, 4096, PROT_READ));
    CHECK((mapped = mremap(mapped, 8192, 4096, 0)) != MAP_FAILED && !munmap(mapped, 4096));
    free(large);
    for (int i = 0; i < 1000; i++)
        free(memset(malloc(200 * i + 1), 1, 200 * i + 1));
    int fd = memfd_create("m", MFD_CLOEXEC), id = shmget(IPC_PRIVATE, 4096, 0600);
    CHECK(fd >= 0 && !ftruncate(fd, 4096) && !close(fd) && id >= 0);
    void *shared = shmat(id, NULL, 0);
    CHECK(!shmctl(id, IPC_RMID, NULL) && shared != (void *)-1 && !shmdt(shared));
    CHECK(mlock(&fd, sizeof fd) == 0 && munlock(&fd, sizeof fd) == 0 &&
          getrandom(&fd, sizeof fd, 0) == sizeof fd);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int count;

static void *thread(void *semaphore)
{
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        count++;
        pthread_cond_signal(&condition);
        pthread_mutex_unlock(&mutex);
    }
    sem_post(semaphore);
    nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
    return semaphore;
}

static void *waits(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

static void threads(void)
{
    pthread_t all[4], cancelled;
    sem_t semaphore;
    struct timespec soon;
    void *result;
    count = 0;
    CHECK(!sem_init(&semaphore, 0, 0) && !pthread_barrier_init(&barrier, NULL, 4));
    for (int i = 0; i < 4; i++)
        CHECK(!pthread_create(all + i, NULL, thread, &semaphore));
    pthread_mutex_lock(&mutex);
    while (count < 100)
        pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 4; i++)
        CHECK(!sem_wait(&semaphore) && !pthread_join(all[i], &result) && result == &semaphore);
    CHECK(count == 8000 && !clock_gettime(CLOCK_REALTIME, &soon));
    CHECK(sem_timedwait(&semaphore, &soon) < 0 && errno == ETIMEDOUT);
    CHECK(!pthread_create(&cancelled, NULL, waits, NULL));
    nanosleep(&(struct timespec){ 0, 5000000 }, NULL); // else it is cancelled before it waits
    CHECK(!pthread_cancel(cancelled) && !pthread_join(cancelled, &result) &&
          result == PTHREAD_CANCELED && !sched_yield());
}

static void processes(void)
{
    char buffer[16];
    char *arguments[] = { "true", NULL }, *exits[] = { "sh", "-c", "exit 5", NULL };
    int status, ends[2];
    struct rusage usage;
    struct rlimit limit;
    siginfo_t info;
    posix_spawn_file_actions_t actions;
    pid_t child = fork();

    if (child == 0)
        _exit(7);
    CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0 && info.si_status == 7);
    CHECK(wait4(child, &status, 0, &usage) == child && WEXITSTATUS(status) == 7);
    CHECK(!posix_spawn_file_actions_init(&actions) &&
          !posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0));
    CHECK(!posix_spawn(&child, "/bin/true", &actions, NULL, arguments, environ) &&
          waitpid(child, &status, 0) == child && !status);
    posix_spawn_file_actions_destroy(&actions);
    CHECK(posix_spawn(&child, "/none", NULL, NULL, arguments, environ) == ENOENT);
    CHECK(!posix_spawnp(&child, "sh", NULL, NULL, exits, environ) &&
          waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 5 && WEXITSTATUS(system("exit 3")) == 3);
    FILE *pipe_of = popen("echo hi", "r");
    CHECK(pipe_of && fgets(buffer, 9, pipe_of) && !strcmp(buffer, "hi\n") && !pclose(pipe_of));
    CHECK(!pipe2(ends, O_CLOEXEC) && (child = fork()) >= 0);
    if (child == 0) {
        dup2(ends[1], 1);
        execlp("echo", "echo", "piped", (char *)NULL);
        _exit(127);
    }
    CHECK(read(ends[0], buffer, 6) == 6 && !strncmp(buffer, "piped\n", 6) &&
          wait(&status) == child && !status);
    close(ends[0]);
    close(ends[1]);
    CHECK(!getrlimit(RLIMIT_NOFILE, &limit) && !setrlimit(RLIMIT_NOFILE, &limit) &&
          !prctl(PR_SET_NAME, "renamed"));
    CHECK(getppid() > 0 && getpgid(0) > 0 && getsid(0) > 0 && getuid() == geteuid() &&
          getgroups(0, NULL) >= 0);
    CHECK(!getrusage(RUSAGE_CHILDREN, &usage) && getpriority(PRIO_PROCESS, 0) >= 0 &&
          wait(NULL) < 0 && errno == ECHILD);
}

static void sockets(void)
{
    char buffer[64];
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int one = 1, pair[2], listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(!setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    CHECK(!bind(listener, (void *)&address, size) && !listen(listener, 5) &&
          !getsockname(listener, (void *)&address, &size));
    int client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(!connect(client, (void *)&address, size));
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(server >= 0 && send(client, "z", 1, MSG_NOSIGNAL) == 1 &&
          poll(&(struct pollfd){ server, POLLIN, 0 }, 1, 1000) == 1);
    CHECK(recv(server, buffer, 1, 0) == 1 && !shutdown(client, SHUT_WR) &&
          recv(server, buffer, 1, 0) == 0);
    int polled = epoll_create1(EPOLL_CLOEXEC), event = eventfd(1, 0);
    struct epoll_event ready = { .events = EPOLLIN };
    fd_set set;
    FD_ZERO(&set);
    FD_SET(event, &set);
    CHECK(!epoll_ctl(polled, EPOLL_CTL_ADD, event, &ready) &&
          epoll_wait(polled, &ready, 1, 100) == 1);
    CHECK(select(event + 1, &set, NULL, NULL, &(struct timeval){ 1, 0 }) == 1 &&
          read(event, buffer, 8) == 8);
    CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    struct iovec part = { "abc", 3 };
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = "";
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    *CMSG_FIRSTHDR(&message) = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
                                                 .cmsg_level = SOL_SOCKET,
                                                 .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &event, sizeof event);
    CHECK(sendmsg(pair[0], &message, 0) == 3);
    part.iov_base = buffer;
    CHECK(recvmsg(pair[1], &message, 0) == 3);
    memcpy(&one, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof one);
    int all[] = { listener, client, server, polled, event, pair[0], pair[1], one };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        CHECK(!close(all[i]));
    struct addrinfo *found;
    CHECK(!getaddrinfo("localhost", "80", &(struct addrinfo){ .ai_family = AF_INET }, &found));
    freeaddrinfo(found);
    CHECK(connect(-1, (void *)&address, size) < 0 && socket(-1, 0, 0) < 0);
}

static volatile sig_atomic_t caught;

static void handler(int signal)
{
    caught += write(-1, &signal, 1) < 0; /* a call from within a handler */
}

static void signals(void)
{
    char stack[65536];
    struct signalfd_siginfo info;
    sigset_t set;
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART };
    timer_t timer;
    caught = 0;
    CHECK(!sigaltstack(&(stack_t){ stack, 0, sizeof stack }, NULL) &&
          !sigaction(SIGUSR1, &action, NULL) && !raise(SIGUSR1));
    CHECK(!kill(getpid(), SIGUSR1) && !pthread_kill(pthread_self(), SIGUSR1) && caught == 3);
    CHECK(!sigemptyset(&set) && !sigaddset(&set, SIGALRM) && !sigprocmask(SIG_BLOCK, &set, NULL));
    CHECK(!timer_create(CLOCK_MONOTONIC,
                        &(struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM },
                        &timer));
    CHECK(!timer_settime(timer, 0, &(struct itimerspec){ .it_value.tv_nsec = 1000000 }, NULL));
    CHECK(sigtimedwait(&set, NULL, &(struct timespec){ 5, 0 }) == SIGALRM && !timer_delete(timer));
    int fd = signalfd(-1, &set, SFD_CLOEXEC), ticks = timerfd_create(CLOCK_MONOTONIC, 0),
        watch = inotify_init1(IN_CLOEXEC);
    CHECK(fd >= 0 && ticks >= 0 && watch >= 0 && !raise(SIGALRM) &&
          read(fd, &info, sizeof info) == sizeof info);
    CHECK(!timerfd_settime(ticks, 0, &(struct itimerspec){ .it_value.tv_nsec = 1000 }, NULL) &&
          read(ticks, &info, 8) == 8);
    CHECK(inotify_add_watch(watch, ".", IN_CREATE) >= 0 && !close(fd) && !close(ticks) &&
          !close(watch));
    CHECK(!sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL) && alarm(0) == 0);
}

static void times(void)
{
    struct timespec time;
    struct utsname system;
    CHECK(!clock_gettime(CLOCK_MONOTONIC, &time) && !clock_getres(CLOCK_REALTIME, &time) &&
          !uname(&system));
    CHECK(!clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) &&
          !clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 1000 }, NULL));
    tzset();
    CHECK(localtime(&(time_t){ 0 }) && sysconf(_SC_NPROCESSORS_ONLN) > 0 &&
          gethostname((char[256]){ 0 }, 256) == 0);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < rounds; i++) {
        files();
        memory();
        threads();
        processes();
        sockets();
        signals();
        times();
    }
    printf("%d rounds\n", rounds);
}
