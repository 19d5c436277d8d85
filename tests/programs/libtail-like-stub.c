/* libtail-like-stub.c - a function that is nothing but a jump by the GOT, as a PLT stub is: built
 * without unwind information, by which one could tell. */
#include <unistd.h>

pid_t stub_getsid(pid_t pid);

pid_t stub_getsid(pid_t pid)
{
    return getsid(pid);
}
