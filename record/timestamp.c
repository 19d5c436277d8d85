/* timestamp.c - points in time as run files have them. */
#include "timestamp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *timestamp_print(const struct timespec *time, char text[static TIMESTAMP_SIZE])
{
    struct tm utc = { 0 };

    gmtime_r(&time->tv_sec, &utc);
    size_t length = strftime(text, TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, TIMESTAMP_SIZE - length, ".%09ldZ", time->tv_nsec);
    return text;
}

bool timestamp_parse(const char *text, struct timespec *ret)
{
    struct tm utc = { 0 };
    char again[TIMESTAMP_SIZE];
    const char *fraction = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);

    if (!fraction || strlen(text) != strlen("2026-01-31T23:59:59.123456789Z") ||
        fraction[0] != '.' || !isdigit((unsigned char)fraction[1]))
        return false;
    ret->tv_sec = timegm(&utc);
    ret->tv_nsec = (long)strtoul(fraction + 1, NULL, 10);
    return !strcmp(timestamp_print(ret, again), text);
}
