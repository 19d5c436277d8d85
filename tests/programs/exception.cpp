// exception.cpp - an exception through frames of libthrow: main calls getppid in a catch, once; the
// destructors on the way, which are libthrow's, call getpgrp, 3 times; after it main calls getsid once.
#include <unistd.h>
#include "libthrow.h"

int main()
{
    try {
        throw_through(3);
    } catch (int value) {
        getppid();
    }
    return getsid(0) < 0;
}
