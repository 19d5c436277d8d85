/* component.c - what is linked into a module: its kinds, and Go's packages and Rust's crates by
 * names. */
#include "component.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "go:", "rust:", "c:" };

/* As library.c's list of files: what passes requests on. An asterisk stands for slashes too. */
static const char *const runtime_components[] = {
    "go:runtime",
    "go:runtime/*",
    "go:syscall",
    "go:internal/*",
    "go:golang.org/x/sys/*",
    "go:vendor/golang.org/x/sys/*",
    "rust:std",
    "rust:core",
    "rust:alloc",
    "rust:libc",
    "rust:rustix",
    "rust:__rustc", /* the allocator's entries */
    COMPONENT_LIBC,
};

enum {
    KINDS = sizeof(kinds) / sizeof(*kinds),
    RUNTIME_COMPONENTS = sizeof(runtime_components) / sizeof(*runtime_components),
};

/* ---- Go ---- */

/*
 * How much of a Go name is the package's path: up to the first dot of its last element. Type
 * arguments and receivers have paths and dots of their own: "a/b.F[c/d.T]", "a/b.(*T).M". 0: there
 * is none, as in "gosave_systemstack_switch", "type..eq.c/d.T", "go:(*struct { sync.Mutex }).Lock".
 */
static size_t package_length(const char *function)
{
    size_t plain = strcspn(function, "[(:"), dot = 0;

    for (size_t i = plain; i && !dot; i--) {
        if (function[i - 1] == '/' || i == 1) {
            size_t element = function[i - 1] == '/' ? i : 0;
            dot = element + strcspn(function + element, ".");
        }
    }
    if (function[plain] == ':' || dot >= plain || !strncmp(function, "type..", 6) ||
        !strncmp(function, "go.", 3))
        return 0;
    return dot;
}

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* In a path the dots of the last element are "%2e", and some other characters likewise. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; to++) {
        if (from[0] == '%' && isxdigit((unsigned char)from[1]) &&
            isxdigit((unsigned char)from[2])) {
            *to = (char)(digit(from[1]) << 4 | digit(from[2]));
            from += 3;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

char *component_of_go(const char *function)
{
    size_t length = package_length(function);
    char *component;

    if (asprintf(&component, "go:%.*s", length ? (int)length : 7, length ? function : "runtime") <
        0)
        return NULL;
    unescape(component);
    return component;
}

/* ---- Rust, the older scheme: _ZN4core3fmt5write17h0123456789abcdefE ---- */

/* A piece of a name. */
struct piece {
    const char *text; /* NULL: not known */
    size_t length;
};

static const struct piece unknown;

static bool is_identifier(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool starts_with(struct piece piece, const char *prefix)
{
    return piece.length >= strlen(prefix) && !memcmp(piece.text, prefix, strlen(prefix));
}

static bool is(struct piece piece, const char *text)
{
    return piece.length == strlen(text) && starts_with(piece, text);
}

static void skip(struct piece *piece, size_t length)
{
    piece->text += length;
    piece->length -= length;
}

/* The next element of a path, "3fmt"; false: there is none. */
static bool next_element(const char **at, struct piece *ret)
{
    char *end;
    unsigned long length = isdigit((unsigned char)**at) ? strtoul(*at, &end, 10) : 0;

    if (!length || strnlen(end, length) < length)
        return false;
    *ret = (struct piece){ end, length };
    *at = end + length;
    return true;
}

/* The last element of such a name is a hash: so it is none of C++. */
static bool is_hash(struct piece element)
{
    return element.length == 17 && element.text[0] == 'h' &&
           strspn(element.text + 1, "0123456789abcdef") >= 16;
}

/* The crate in which a type or trait is, by its path: "core" of "core..fmt..Write"; empty if it has
 * no path. */
static struct piece crate_of_path(struct piece path)
{
    static const char *const prefixes[] = { "$RF$", "$BP$", "mut$u20$", "const$u20$" };
    size_t length = 0;

    if (!memmem(path.text, path.length, "..", 2))
        return (struct piece){ path.text, 0 };
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
        if (starts_with(path, prefixes[i]))
            skip(&path, strlen(prefixes[i]));
    while (length < path.length && is_identifier(path.text[length]))
        length++;
    if (!length || length + 2 > path.length || memcmp(path.text + length, "..", 2))
        return unknown;
    return (struct piece){ path.text, length };
}

/* Each of these crates is built on those before it; 0: another. */
static int standard_rank(struct piece crate)
{
    return is(crate, "core") ? 1 : is(crate, "alloc") ? 2 : is(crate, "std") ? 3 : 0;
}

/* Is it one that the standard library itself is built on? */
static bool is_below_standard(struct piece crate)
{
    static const char *const below[] = { "hashbrown", "gimli",       "addr2line",      "object",
                                         "memchr",    "miniz_oxide", "rustc_demangle", "unwind" };

    for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++)
        if (is(crate, below[i]))
            return true;
    return false;
}

/* An implementation of a trait is in the crate of the type or of the trait, and that crate must
 * know both: of two, the one that is built on the other. */
static struct piece crate_of_both(struct piece type, struct piece trait)
{
    if (!type.text || !trait.text || !trait.length)
        return unknown;
    if (!type.length ||
        (type.length == trait.length && !memcmp(type.text, trait.text, type.length)))
        return trait;
    int type_rank = standard_rank(type), trait_rank = standard_rank(trait);
    if (type_rank && trait_rank)
        return type_rank > trait_rank ? type : trait;
    struct piece other = type_rank ? trait : type;
    return (type_rank || trait_rank) && !is_below_standard(other) ? other : unknown;
}

/* Of "_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$". */
static struct piece crate_of_implementation(struct piece element)
{
    static const char as[] = "$u20$as$u20$";
    int depth = 0;

    skip(&element, strlen("_$LT$"));
    for (struct piece at = element; at.length; skip(&at, 1)) {
        depth += starts_with(at, "$LT$") - starts_with(at, "$GT$");
        if (!depth && starts_with(at, as)) {
            struct piece type = { element.text, (size_t)(at.text - element.text) };
            skip(&at, strlen(as));
            return crate_of_both(crate_of_path(type), crate_of_path(at));
        }
    }
    return unknown;
}

static struct piece crate_of_older(const char *mangled)
{
    struct piece first = unknown, element = unknown;
    const char *at = mangled + strlen("_ZN");

    while (next_element(&at, &element))
        first = first.text ? first : element;
    if (!first.text || *at != 'E' || !is_hash(element) || first.text == element.text)
        return unknown;
    if (starts_with(first, "_$LT$"))
        return crate_of_implementation(first);
    for (size_t i = 0; i < first.length; i++)
        if (!is_identifier(first.text[i]))
            return unknown;
    return first;
}

/* ---- Rust, scheme v0: _RNvNtCs1234_4core3fmt5write ---- */

enum { NESTING_MAX = 200 };

/* "s1234_" */
static const char *skip_disambiguator(const char *at)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    if (*at != 's')
        return at;
    at += 1 + strspn(at + 1, digits);
    return *at == '_' ? at + 1 : "";
}

/* "4core", or "3_9ab" where the name begins like a number. */
static struct piece crate_name(const char *at)
{
    char *end;
    size_t length = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : 0;

    if (!length)
        return unknown;
    end += *end == '_';
    return strnlen(end, length) < length ? unknown : (struct piece){ end, length };
}

/* The crate at the root of the path, which holds the code: of an implementation that is where it
 * stands, and not its type's or trait's. */
static struct piece crate_of_v0(const char *at)
{
    for (int i = 0; i < NESTING_MAX; i++) {
        switch (*at) {
        case 'N': /* a namespace, and the path of what is around */
            at += isalpha((unsigned char)at[1]) ? 2 : 1;
            break;
        case 'I': /* a path and its type arguments */
            at++;
            break;
        case 'M': /* an implementation: of a type, */
        case 'X': /* of a trait */
            at = skip_disambiguator(at + 1);
            break;
        case 'C':
            return crate_name(skip_disambiguator(at + 1));
        default: /* a trait's own method of a type, and what refers backwards */
            return unknown;
        }
    }
    return unknown;
}

char *component_of_symbol(const char *mangled)
{
    struct piece crate = unknown;
    char *component;

    if (!strncmp(mangled, "_ZN", 3))
        crate = crate_of_older(mangled);
    else if (!strncmp(mangled, "_R", 2))
        crate = crate_of_v0(mangled + 2);
    else if (!strncmp(mangled, "__rust_", 7) || !strncmp(mangled, "__rdl_", 6))
        crate = (struct piece){ "std", 3 };
    if (!crate.text)
        return strdup("");
    return asprintf(&component, "rust:%.*s", (int)crate.length, crate.text) < 0 ? NULL : component;
}

/* ---- All ---- */

char *component_of_directory(const char *directory)
{
    char *component;

    return asprintf(&component, "%s%s", *directory ? "c:" : "", directory) < 0 ? NULL : component;
}

bool component_is_valid(const char *component)
{
    for (int i = 0; i < KINDS; i++)
        if (!strncmp(component, kinds[i], strlen(kinds[i])) && component[strlen(kinds[i])])
            return true;
    return !*component || !strcmp(component, COMPONENT_LIBC) ||
           !strcmp(component, COMPONENT_UNKNOWN);
}

const char *component_name(const char *component)
{
    const char *colon = strchr(component, ':');
    return colon ? colon + 1 : component;
}

bool component_is_sure(const char *component)
{
    return strncmp(component, "rust:", 5) != 0;
}

bool component_is_all_named(const char *component)
{
    return !strncmp(component, "go:", 3);
}

bool component_is_runtime(const char *component)
{
    for (int i = 0; i < RUNTIME_COMPONENTS; i++)
        if (!fnmatch(runtime_components[i], component, 0))
            return true;
    return false;
}
