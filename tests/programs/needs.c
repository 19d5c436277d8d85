/* needs.c - makes four calls, and ends with 0 if getppid is right, getpgid does not fail, and
 * getpriority does not say what no process can have (the kernel's 0 is a nice value of 20). What
 * becomes of sched_yield is all the same. None depends on where the session's leader is: to a
 * process in a PID namespace that the leader is not in, getsid(0) is 0.
 */
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void)
{
    sched_yield();
    return !(getppid() > 0 && getpgid(0) >= 0 && getpriority(PRIO_PROCESS, 0) != 20);
}
