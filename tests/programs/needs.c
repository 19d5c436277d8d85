/* needs.c - makes four calls, and ends with 0 if getppid is right, getpgid does not fail, and
 * getsid does not return 0. What becomes of sched_yield is all the same.
 */
#include <sched.h>
#include <unistd.h>

int main(void)
{
    sched_yield();
    return !(getppid() > 0 && getpgid(0) >= 0 && getsid(0) != 0);
}
