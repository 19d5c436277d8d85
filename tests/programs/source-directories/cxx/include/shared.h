/* shared.h - a function that every object has which includes this: the linker leaves one of them.
 */
#include <unistd.h>

template <int N> __attribute__((noinline)) int shared()
{
    return (int)getegid() + N;
}
