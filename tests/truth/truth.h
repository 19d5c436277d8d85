/*
 * truth.h - for the generated programs of generate.py: how a function says which system call its
 * library is about to make, and the ways in which one function has another run.
 *
 * What is said is kept in a file (named by $TRUTH) that all processes of the program map at one
 * address, so that the counts of children, handlers and destructors are in it too.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TRUTH_TAGS = 1 << 14, STACK_SIZE = 1 << 17 };
#define TRUTH_ADDRESS 0x200000000000

/* Of the system call with this number: how often it was made, and by which module. */
struct truth {
    uint32_t calls;
    uint32_t module; /* its letter */
};

/* Of the functions of a chain. */
#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif
#define HIDDEN __attribute__((visibility("hidden")))

#define ALWAYS static inline __attribute__((always_inline, unused))
#define OFTEN  static __attribute__((noinline, unused))

ALWAYS void say(int tag)
{
    struct truth *truth = (struct truth *)TRUTH_ADDRESS + tag;

    __atomic_fetch_add(&truth->calls, 1, __ATOMIC_RELAXED);
    truth->module = MODULE;
}

/* Before all other constructors of the module. All but the first to come find it mapped. */
__attribute__((constructor(101), used)) static void truth_map(void)
{
    const char *path = getenv("TRUTH");
    int fd = path ? open(path, O_RDWR) : -1;

    if (fd < 0)
        _exit(90);
    mmap((void *)TRUTH_ADDRESS, TRUTH_TAGS * sizeof(struct truth), PROT_READ | PROT_WRITE,
         MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    close(fd);
}

/* After a call: it is none that a jump may take the place of. */
#define KEEP(value) __asm__ volatile("" : "+r"(value) : : "memory")
/* The compiler cannot know what a pointer points to. */
#define HIDE(pointer)   __asm__("" : "+r"(pointer))
#define CHANGE(pointer) __asm__("" : "+m"(pointer))
#define USE(array)      __asm__ volatile("" : : "r"(array) : "memory")

ALWAYS long raw_syscall(long number)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(number) : "rcx", "r11", "memory");
    return result;
}

extern sigjmp_buf truth_return;
static long scratch[64] __attribute__((unused));

/* ---- Ways to have a function run. Each is a copy of the module that includes it. ---- */

OFTEN void by_qsort(int (*next)(const void *, const void *))
{
    long pair[2] = { 2, 1 };
    qsort(pair, 2, sizeof(*pair), next);
}

OFTEN void by_bsearch(int (*next)(const void *, const void *))
{
    long one = 1;
    KEEP(one);
    void *found = bsearch(&one, &one, 1, sizeof(one), next);
    KEEP(found);
}

OFTEN void by_once(void (*next)(void))
{
    pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, next);
}

OFTEN void by_thread(void *(*next)(void *), void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, next, argument) || pthread_join(thread, NULL))
        _exit(91);
}

OFTEN void *with_value(void *key)
{
    pthread_setspecific(*(pthread_key_t *)key, key);
    return NULL;
}

/* At the end of a thread. */
OFTEN void by_key(void (*next)(void *))
{
    pthread_key_t key;

    if (pthread_key_create(&key, next))
        _exit(96);
    by_thread(with_value, &key);
    pthread_key_delete(key);
}

OFTEN void handle(int number, void (*next)(int), int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = next;
    action.sa_flags = SA_NODEFER | flags;
    sigaction(number, &action, NULL);
}

/* To this thread. musl's raise(3) sends it to the parent from a vfork(2) child. */
OFTEN void send_signal(int number)
{
    syscall(SYS_tkill, syscall(SYS_gettid), number);
}

OFTEN void by_signal(void (*next)(int))
{
    handle(SIGUSR1, next, 0);
    send_signal(SIGUSR1);
}

OFTEN void by_altstack(void (*next)(int))
{
    stack_t stack, old;

    memset(&stack, 0, sizeof(stack));
    stack.ss_sp = malloc(STACK_SIZE);
    stack.ss_size = STACK_SIZE;
    sigaltstack(&stack, &old); /* fails on one: then that is used */
    handle(SIGUSR2, next, SA_ONSTACK);
    send_signal(SIGUSR2);
    sigaltstack(&old, NULL);
    free(stack.ss_sp);
}

/* In the middle of code of the module's own. */
ALWAYS void by_trap(void (*next)(int))
{
    handle(SIGTRAP, next, 0);
    __asm__ volatile("int3" : : : "memory");
}

OFTEN void wait_for(pid_t child)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child || status)
        _exit(92);
}

/* The child exits in the caller's frame. */
#define BY_FORK(call)          \
    do {                       \
        pid_t child_ = fork(); \
        if (!child_) {         \
            (void)call;        \
            _exit(0);          \
        }                      \
        wait_for(child_);      \
    } while (0)

#define BY_VFORK(call)          \
    do {                        \
        pid_t child_ = vfork(); \
        if (!child_) {          \
            (void)call;         \
            _exit(0);           \
        }                       \
        wait_for(child_);       \
    } while (0)

#ifndef NO_CONTEXT
#include <ucontext.h>

OFTEN void by_coroutine(void (*next)(void))
{
    ucontext_t here, there;

    getcontext(&there);
    there.uc_stack.ss_sp = malloc(STACK_SIZE);
    there.uc_stack.ss_size = STACK_SIZE;
    there.uc_link = &here;
    makecontext(&there, next, 0);
    swapcontext(&here, &there);
    free(there.uc_stack.ss_sp);
}
#endif

OFTEN void by_dlopen(const char *library, const char *name)
{
    void *handle = dlopen(library, RTLD_NOW);
    long (*next)(long);

    if (!handle)
        _exit(93);
    *(void **)&next = dlsym(handle, name);
    long result = next(1);
    KEEP(result);
    int closed = dlclose(handle);
    KEEP(closed);
}

/* What all resolvers of indirect functions return. */
OFTEN void *resolved(void)
{
    return NULL;
}

OFTEN void by_dlsym(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    KEEP(found);
}

extern char **environ;

/* The program again, which then runs the chain of this tag from there on. */
OFTEN void by_spawn(const char *tag)
{
    char *const arguments[] = { (char *)(uintptr_t) "truth", (char *)(uintptr_t)tag, NULL };
    pid_t child;

    if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ))
        _exit(94);
    wait_for(child);
}

/* What a child does before its execve is asked for by who spawned it. The child runs no
 * chain. */
OFTEN void spawn_with(int flags, int change_directory)
{
    char *const arguments[] = { (char *)(uintptr_t) "truth", (char *)(uintptr_t) "0", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t child;

    posix_spawn_file_actions_init(&actions);
    if (change_directory)
        posix_spawn_file_actions_addchdir_np(&actions, "/");
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, (short)flags);
    if (posix_spawn(&child, "/proc/self/exe", &actions, &attributes, arguments, environ))
        _exit(95);
    wait_for(child);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
}

#ifdef __cplusplus
}
#endif
#endif
