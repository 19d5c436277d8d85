/* libleave.c - asks for getsid or getpgid and leaves by a jump to libc. Built as two libraries,
 * each with a name of its own for its function. */
#include <sys/types.h>
#include <unistd.h>

pid_t LEAVE(int which);

pid_t LEAVE(int which)
{
    return which ? getpgid(0) : getsid(0);
}
