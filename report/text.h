/*
 * text.h - how wide the table for people is (text.c): lines are at most as wide as asked for, but
 * at least TEXT_WIDTH_MIN, or what the numbers need; longer names are shortened in the middle.
 */
#ifndef SYSTRACE_TEXT_H
#define SYSTRACE_TEXT_H

enum { TEXT_WIDTH = 80, TEXT_WIDTH_MIN = 40 };

/* The columns of the terminal that is open as `fd`, or TEXT_WIDTH. */
int text_terminal_width(int fd);

#endif
