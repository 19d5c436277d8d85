/* cxx.c - what stands for cxx.cpp without a C++ compiler: nothing. */
#include "../parts.h"

int cxx_ask(void)
{
    return 0;
}
