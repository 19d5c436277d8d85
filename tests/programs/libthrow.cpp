// libthrow.cpp - a library that throws, and cleans up.
#include "libthrow.h"
#include <unistd.h>

namespace {
struct Asks {
    ~Asks() { getpgrp(); }
};
} // namespace

void throw_through(int frames)
{
    if (frames == 0)
        throw 42;
    Asks asks;
    throw_through(frames - 1);
}
