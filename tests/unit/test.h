/* test.h - what every unit test includes, in the order that cmocka wants. */
#ifndef SYSTRACE_TESTS_UNIT_TEST_H
#define SYSTRACE_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

#endif
