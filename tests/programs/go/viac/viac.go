//go:build cgo

// Package viac asks by C, whose call is the C code's, and from C, which calls back.
package viac

/*
#include <unistd.h>

extern void answer(void);

static int ask(void)
{
    int failed = nice(0);
    answer();
    return failed;
}
*/
import "C"

func Ask() {
	C.ask()
}
