/* remaining.c - the line that says how far it is. */
#include "remaining.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "record/clock.h"
#include "report/text.h"
#include "report/width.h"

void remaining_begin(struct remaining *remaining, const char *what)
{
    if (!remaining->shows)
        return;
    free(remaining->what);
    remaining->what = strdup(what);
    if (!remaining->begun)
        remaining->begun = clock_now();
    remaining_draw(remaining);
}

/* "1 h 05 min", "2 min 05 s", "7 s". */
static void print_time(char *text, size_t size, double seconds)
{
    unsigned long whole = (unsigned long)(seconds + 0.5);

    if (whole >= 3600)
        snprintf(text, size, "%lu h %02lu min", whole / 3600, whole / 60 % 60);
    else if (whole >= 60)
        snprintf(text, size, "%lu min %02lu s", whole / 60, whole % 60);
    else
        snprintf(text, size, "%lu s", whole);
}

void remaining_draw(const struct remaining *remaining)
{
    char text[160] = "", time[64] = "";

    if (!remaining->shows || !remaining->what)
        return;
    if (remaining->made) {
        double each = (double)(clock_now() - remaining->begun) / 1e9 / (double)remaining->made;
        print_time(time, sizeof(time), each * (double)remaining->left);
    }
    if (remaining->made || remaining->left)
        snprintf(text, sizeof(text), "%" PRIu64 " runs, %s%" PRIu64 " left%s%s: ", remaining->made,
                 remaining->at_most ? "at most " : "", remaining->left, *time ? ", " : "", time);
    fprintf(stderr, "\r\033[K%s", text);
    int room = text_terminal_width(STDERR_FILENO) - (int)strlen(text) - 1;
    if (room > 0)
        width_print(stderr, remaining->what, room);
    fflush(stderr);
}

void remaining_end(struct remaining *remaining)
{
    if (remaining->what)
        fputs("\r\033[K", stderr);
    free(remaining->what);
    remaining->what = NULL;
}
