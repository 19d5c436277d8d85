/*
 * attached.c - a process to attach to, with a thread in each of many calls that wait, one that
 * computes, one that starts and joins threads all the time, and one whose vfork child holds it.
 * When a line comes on standard input it makes 100 getsid and lets everybody go. It prints how many
 * of the calls did not end as they should have: none does if nobody disturbs them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int running, go, wrong;
static int end; /* an eventfd: readable when all may end */
static int pair[2], hold[2], semaphores, queue;
static pthread_t signal_waiter;

static void check(const char *what, int right)
{
    if (!right)
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
    wrong += !right;
}

static void wait_epoll(void)
{
    struct epoll_event event = { .events = EPOLLIN };
    int set = epoll_create1(0);

    epoll_ctl(set, EPOLL_CTL_ADD, end, &event);
    check("epoll_wait", epoll_wait(set, &event, 1, -1) == 1);
}

static void wait_poll(void)
{
    struct pollfd fd = { end, POLLIN, 0 };
    check("poll", poll(&fd, 1, 3600 * 1000) == 1);
}

static void wait_select(void)
{
    struct timeval hour = { 3600, 0 };
    fd_set set;

    FD_ZERO(&set);
    FD_SET(end, &set);
    check("select", select(end + 1, &set, NULL, NULL, &hour) == 1);
}

static void wait_receive(void)
{
    struct timeval hour = { 3600, 0 };
    char byte;

    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof(hour));
    check("recv", recv(pair[0], &byte, 1, 0) == 1);
}

static void wait_semaphore(void)
{
    struct sembuf down = { 0, -1, 0 };
    check("semop", !semop(semaphores, &down, 1));
}

static void wait_message(void)
{
    struct {
        long type;
        char text[1];
    } message;
    check("msgrcv", msgrcv(queue, &message, sizeof(message.text), 0, 0) == 1);
}

static void wait_signal(void)
{
    struct timespec hour = { 3600, 0 };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    check("sigtimedwait", sigtimedwait(&set, NULL, &hour) == SIGUSR1);
}

static void sleep_long(void)
{
    struct timespec rest, second = { 1, 0 };
    while (!go)
        check("nanosleep", !nanosleep(&second, &rest));
}

static void compute(void)
{
    while (!go)
        ;
}

static void *nothing(void *unused)
{
    return unused;
}

static void start_threads(void)
{
    pthread_t thread;

    while (!go) {
        check("pthread_create", !pthread_create(&thread, NULL, nothing, NULL));
        pthread_join(thread, NULL);
    }
}

static void be_held(void)
{
    char byte;
    pid_t child = vfork();

    if (!child) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody else would end it */
        _exit(read(hold[0], &byte, 1) == 1 ? 0 : 1);
    }
    int status;
    check("vfork", child > 0 && waitpid(child, &status, 0) == child && !status);
}

static void *run(void *context)
{
    running++;
    ((void (*)(void))context)();
    return NULL;
}

int main(void)
{
    static void (*const waits[])(void) = { wait_epoll,     wait_poll,     wait_select, wait_receive,
                                           wait_semaphore, wait_message,  wait_signal, sleep_long,
                                           compute,        start_threads, be_held };
    enum { COUNT = sizeof(waits) / sizeof(*waits) };
    struct {
        long type;
        char text[1];
    } message = { 1, "" };
    pthread_t threads[COUNT];
    struct sembuf up = { 0, 1, 0 };
    sigset_t set;
    char byte;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    end = eventfd(0, 0);
    semaphores = semget(IPC_PRIVATE, 1, 0600);
    queue = msgget(IPC_PRIVATE, 0600);
    if (end < 0 || semaphores < 0 || queue < 0 || pipe2(hold, O_CLOEXEC) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 2;
    for (int i = 0; i < COUNT; i++)
        pthread_create(&threads[i], NULL, run, (void *)waits[i]);
    signal_waiter = threads[6];
    while (running < COUNT)
        usleep(1000);
    usleep(100000); /* until they wait */
    printf("ready\n");
    fflush(stdout);
    check("read", read(STDIN_FILENO, &byte, 1) == 1);
    for (int i = 0; i < 100; i++)
        getsid(0);
    go = 1;
    eventfd_write(end, 1);
    check("send", send(pair[1], "", 1, 0) == 1);
    check("semop", !semop(semaphores, &up, 1));
    check("msgsnd", !msgsnd(queue, &message, 1, 0));
    check("write", write(hold[1], "", 1) == 1);
    pthread_kill(signal_waiter, SIGUSR1);
    for (int i = 0; i < COUNT; i++)
        pthread_join(threads[i], NULL);
    semctl(semaphores, 0, IPC_RMID);
    msgctl(queue, IPC_RMID, NULL);
    printf("wrong %d\n", wrong);
    return 0;
}
