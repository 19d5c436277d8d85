/* command.c - makes lines of bytes, and commands of lines. */
#include "command.h"

#include <string.h>

enum { COMMAND_MAX = 256 }; /* bytes, of the longest name and the blanks round it */

static const char blanks[] = " \t\r";

static struct command wrong(const char *error)
{
    return (struct command){ .kind = COMMAND_WRONG, .error = error };
}

static struct command make_phase(const char *name)
{
    struct command ret = { .kind = COMMAND_PHASE };

    if (*name && !phase_name_is_valid(name))
        return wrong(PHASE_NAME_RULE "; 'phase' alone is main again");
    memcpy(ret.name, name, strlen(name)); /* which is no longer than it may be */
    return ret;
}

/* The text without blanks at its ends, cut off there. */
static char *trim(char *text)
{
    size_t length;

    text += strspn(text, blanks);
    for (length = strlen(text); length && strchr(blanks, text[length - 1]); length--)
        ;
    text[length] = '\0';
    return text;
}

struct command command_parse(const char *line, size_t length)
{
    static const char *const names[] = {
        [COMMAND_PAUSE] = "pause", [COMMAND_RESUME] = "resume", [COMMAND_SAVE] = "save"
    };
    char text[COMMAND_MAX];

    if (length >= sizeof(text) || memchr(line, '\0', length))
        return wrong("no command is so long, or has a NUL in it");
    memcpy(text, line, length);
    text[length] = '\0';
    char *rest = trim(text), *word = strsep(&rest, blanks);
    const char *end = line + (word - text) + strlen(word);
    if (!strcmp(word, "phase") && !rest && end < line + length && *end != '\r')
        return wrong("behind 'phase ' there is no name; 'phase' alone is main again");
    if (!strcmp(word, "phase"))
        return make_phase(rest ? trim(rest) : "");
    for (int kind = COMMAND_PAUSE; kind <= COMMAND_SAVE; kind++)
        if (!strcmp(word, names[kind]) && !rest)
            return (struct command){ .kind = (enum command_kind)kind };
    return wrong("the commands are 'phase NAME', 'phase', 'pause', 'resume' and 'save'");
}

char *command_lines_room(struct command_lines *lines, size_t *room)
{
    *room = sizeof(lines->bytes) - lines->length;
    return lines->bytes + lines->length;
}

void command_lines_add(struct command_lines *lines, size_t count)
{
    lines->length += count;
}

static void drop(struct command_lines *lines, size_t count)
{
    lines->length -= count;
    memmove(lines->bytes, lines->bytes + count, lines->length);
}

/* The length of the first line without its end, or of all if it has none yet. */
static size_t measure(const struct command_lines *lines, bool *whole)
{
    const char *end = memchr(lines->bytes, '\n', lines->length);

    *whole = end;
    return end ? (size_t)(end - lines->bytes) : lines->length;
}

bool command_lines_take(struct command_lines *lines, struct command *ret)
{
    bool whole;
    size_t length = measure(lines, &whole);

    if (!whole) {
        lines->overlong |= length == sizeof(lines->bytes);
        drop(lines, lines->overlong ? length : 0);
        return false;
    }
    *ret = lines->overlong ? wrong("the line is too long") : command_parse(lines->bytes, length);
    lines->overlong = false;
    drop(lines, length + 1);
    return true;
}

bool command_lines_end(struct command_lines *lines, struct command *ret)
{
    bool left = lines->length || lines->overlong;

    lines->length = 0;
    lines->overlong = false;
    *ret = wrong("the line has no end: the writer closed the FIFO in the midst of it");
    return left;
}
