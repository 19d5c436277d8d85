/* cxx.cpp - a call of geteuid where an exception is caught, and one of getegid in a function that
 * is not only its own.
 */
#include "../parts.h"
#include "include/shared.h"

#include <stdexcept>

struct asker {
    virtual ~asker() = default;
    virtual int ask()
    {
        throw std::runtime_error("asked");
    }
};

int cxx_ask()
{
    asker asked;

    try {
        return asked.ask();
    } catch (const std::exception &) {
        return (int)geteuid() + shared<1>() + 1;
    }
}
