// hot-exceptions.cpp - handlers that leave by an exception, through the frame of a call that the
// signal has interrupted, in threads that make the calls of hot.h.
#include <cstdint>
#include <ctime>
#include "hot.h"

namespace
{

enum { THREADS = 3, THROWN = 60 };

thread_local volatile sig_atomic_t may_throw, thrown;
thread_local volatile sig_atomic_t *sent; // a signal is on its way, in its handler, or thrown
volatile sig_atomic_t all_sent[THREADS];
int sum;

void on_signal(int)
{
    hot_ask(HOT_GETUID, 1);
    if (!may_throw) {
        *sent = 0;
        return;
    }
    may_throw = 0;
    thrown = thrown + 1;
    throw static_cast<int>(thrown);
}

// It has nothing to clean up, so that an exception may come from any instruction; of which the
// compiler, by whom calls of the C library throw nothing, must not know.
__attribute__((noinline)) void ask_until_thrown()
{
    may_throw = 1;
    for (;;) {
        getppid();
        hot_getsid();
        hot_getpgid(121);
    }
}

void (*volatile ask_until)() = ask_until_thrown;

void *work(void *number)
{
    sent = &all_sent[reinterpret_cast<intptr_t>(number)];
    hot_ask_all(1); // which binds them
    pthread_barrier_wait(&hot_barrier);
    while (thrown < THROWN) {
        try {
            ask_until();
        } catch (int value) {
            *sent = 0;
            __atomic_fetch_add(&sum, value, __ATOMIC_RELAXED);
        }
    }
    return nullptr;
}

// One who sends signals until they are done, to none so many that its stack does not hold their
// frames.
void exceptions(const char *)
{
    pthread_t threads[THREADS];
    timespec nap = {};
    timespec patience = {};
    int left = THREADS;

    nap.tv_nsec = 100 * 1000;
    pthread_barrier_init(&hot_barrier, nullptr, THREADS + 1);
    hot_handle(SIGUSR1, on_signal, SA_NODEFER);
    hot_start_all(threads, THREADS, work);
    pthread_barrier_wait(&hot_barrier);
    while (left) {
        for (int i = 0; i < THREADS; i++) {
            if (!threads[i])
                continue;
            if (!pthread_tryjoin_np(threads[i], nullptr)) {
                threads[i] = 0;
                left--;
            } else if (!all_sent[i]) {
                all_sent[i] = 1;
                pthread_kill(threads[i], SIGUSR1);
            }
        }
        clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, &patience);
    }
    printf("%d\n", sum);
}

} // namespace

int main(int argc, char **argv)
{
    static const hot_kind kinds[] = { { "exceptions", exceptions, false } };

    return hot_main(argc, argv, kinds, 1);
}
