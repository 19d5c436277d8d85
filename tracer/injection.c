/* injection.c - parses --inject, and tells which option comes true. */
#include "injection.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "report/errnoname.h"
#include "report/glob.h"

static const char usage[] =
    "use LIBRARY:SET:error=ERRNO, :retval=N or :signal=SIG, and :when=FIRST[..LAST][+[STEP]]";

static int fail(char error[static INJECTION_ERROR_MAX], const char *option, const char *what)
{
    snprintf(error, INJECTION_ERROR_MAX, "--inject=%.120s: %s", option, what);
    return -EINVAL;
}

/* ---- Parsing ---- */

/* A number in decimal digits at *text, which then is behind it. */
static bool take_number(const char **text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(*text, &end, 10);
    if (!isdigit((unsigned char)**text) || errno)
        return false;
    *text = end;
    return true;
}

static bool parse_result(const char *text, int64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoll(text, &end, 0);
    return isdigit((unsigned char)*text) && !*end && !errno;
}

/* "SIGUSR1", "USR1" or "10"; 0: there is none such. */
static int parse_signal(const char *text)
{
    const char *name = text + (strncmp(text, "SIG", 3) ? 0 : 3);
    uint64_t number;

    for (int i = 1; i < SIGRTMIN; i++) {
        const char *known = sigabbrev_np(i);
        if (known && !strcmp(known, name))
            return i;
    }
    return take_number(&text, &number) && !*text && number <= (uint64_t)SIGRTMAX ? (int)number : 0;
}

/* As strace: "3" is the third alone, "3+" the third and all behind it, "3+2" each other one. */
static bool parse_when(const char *text, struct injection *injection)
{
    if (!take_number(&text, &injection->first))
        return false;
    injection->last = injection->first;
    injection->step = 1;
    bool range = !strncmp(text, "..", 2);
    text += range ? 2 : 0;
    if (range && !take_number(&text, &injection->last))
        return false;
    if (*text == '+') {
        text++;
        if (!range)
            injection->last = UINT64_MAX;
        if (*text && !take_number(&text, &injection->step))
            return false;
    }
    return !*text && injection->first && injection->first <= injection->last && injection->step;
}

/* One of the words behind the set. What is wrong, or NULL. */
static const char *parse_word(struct injection *injection, const char *word)
{
    int error;

    if (!strncmp(word, "error=", 6)) {
        if (injection->refuse)
            return "it has two results";
        if (!(error = errno_parse(word + 6)))
            return "behind error= is no errno: a name as EPERM, or a number up to 4095";
        injection->refuse = true;
        injection->result = -error;
    } else if (!strncmp(word, "retval=", 7)) {
        if (injection->refuse)
            return "it has two results";
        if (!parse_result(word + 7, &injection->result))
            return "behind retval= is no number from 0 on";
        injection->refuse = true;
    } else if (!strncmp(word, "signal=", 7)) {
        if (!(injection->signal = parse_signal(word + 7)))
            return "behind signal= is no signal";
    } else if (!strncmp(word, "when=", 5)) {
        if (!parse_when(word + 5, injection))
            return "behind when= is not FIRST[..LAST][+[STEP]], from 1 on";
    } else {
        return usage;
    }
    return NULL;
}

static int parse_words(struct injection *injection, char *words, const char *option,
                       char error[static INJECTION_ERROR_MAX])
{
    for (char *word; (word = strsep(&words, ":"));) {
        const char *wrong = parse_word(injection, word);
        if (wrong)
            return fail(error, option, wrong);
    }
    return injection->refuse || injection->signal ? 0 : fail(error, option, usage);
}

static int parse(struct injection *injection, const char *option,
                 char error[static INJECTION_ERROR_MAX])
{
    char what[CALLSET_ERROR_MAX];
    char *set = (char *)glob_colon(injection->text), *words = set ? strchr(set + 1, ':') : NULL;

    if (!words || set == injection->text)
        return fail(error, option, usage);
    *set++ = *words++ = '\0';
    injection->library = injection->text;
    int result = callset_parse(&injection->set, set, what);
    if (result)
        return fail(error, option, result == -ENOMEM ? strerror(ENOMEM) : what);
    return parse_words(injection, words, option, error);
}

int injections_add(struct injections *injections, const char *option,
                   char error[static INJECTION_ERROR_MAX])
{
    struct injection injection = {
        .text = strdup(option), .first = 1, .last = UINT64_MAX, .step = 1
    };
    struct injection *larger =
        injections->count == INJECTIONS_MAX
            ? NULL
            : reallocarray(injections->all, injections->count + 1, sizeof(*larger));
    int result;

    if (larger)
        injections->all = larger;
    if (injections->count == INJECTIONS_MAX)
        result = fail(error, option, "there are too many of these options");
    else if (!injection.text || !larger)
        result = fail(error, option, strerror(ENOMEM));
    else
        result = parse(&injection, option, error);
    if (result) {
        free(injection.text);
        return result;
    }
    larger[injections->count++] = injection;
    return 0;
}

void injections_deinit(struct injections *injections)
{
    for (size_t i = 0; i < injections->count; i++)
        free(injections->all[i].text);
    free(injections->all);
    *injections = (struct injections){ 0 };
}

/* ---- Judging ---- */

struct injection_set injections_about(const struct injections *injections, const char *library)
{
    struct injection_set ret = { 0 };

    for (size_t i = 0; i < injections->count; i++)
        if (glob_matches(injections->all[i].library, library))
            ret.bits[i / 64] |= UINT64_C(1) << i % 64;
    return ret;
}

/* How many such calls there were, with this one. */
static uint64_t count_seen(struct injection_state *state, uint32_t injection, enum abi abi,
                           uint32_t nr)
{
    for (size_t i = 0; i < state->count; i++) {
        struct injection_seen *seen = &state->seen[i];
        if (seen->injection == injection && seen->abi == abi && seen->nr == nr)
            return ++seen->calls;
    }
    if (ARRAY_ROOM(state->seen, state->count, state->capacity))
        state->seen[state->count++] = (struct injection_seen){ injection, abi, nr, 1 };
    return 1;
}

static bool is_turn(const struct injections *injections, uint32_t number,
                    struct injection_state *state, enum abi abi, uint32_t nr)
{
    const struct injection *injection = &injections->all[number];

    if (injection->first == 1 && injection->last == UINT64_MAX && injection->step == 1)
        return true;
    uint64_t seen = count_seen(state, number, abi, nr);
    return seen >= injection->first && seen <= injection->last &&
           (seen - injection->first) % injection->step == 0;
}

const struct injection *injections_judge(const struct injections *injections,
                                         const struct injection_set *about,
                                         struct injection_state *state, enum abi abi, uint32_t nr)
{
    const struct injection *ret = NULL;

    for (uint32_t i = 0; i < injections->count; i++) {
        if (about->bits[i / 64] >> i % 64 & 1 && callset_has(&injections->all[i].set, abi, nr) &&
            is_turn(injections, i, state, abi, nr) && !ret)
            ret = &injections->all[i];
    }
    return ret;
}

void injection_state_deinit(struct injection_state *state)
{
    free(state->seen);
    *state = (struct injection_state){ 0 };
}
