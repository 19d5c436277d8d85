/* jumps.c - looks for the bytes that jumps begin with, sixteen at a time, and only then where each
 * of them leads. */
#include "symbolizer/unwind/jumps.h"

#include <emmintrin.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"

enum {
    CODE_MAX = 256 << 20, /* bytes of code that are looked through */
    CHUNK = 1 << 16,      /* bytes read at once */
    LANES = 16,           /* bytes looked at at once */
    STUBS_MAX = 1 << 18,
    JUMP_MAX = 6,      /* bytes of the longest jump: 0f 8x and 32 bits, or jmp *slot(%rip) */
    SHORT_REACH = 130, /* how far a jump of two bytes leads, and its own */
};

/* ---- Any bytes ---- */

/* Which of the sixteen bytes may begin a jump: one bit for each. The one behind them is read, too.
 */
typedef uint32_t matcher(const uint8_t *bytes);

static inline __m128i equal(__m128i bytes, uint8_t mask, uint8_t value)
{
    return _mm_cmpeq_epi8(_mm_and_si128(bytes, _mm_set1_epi8((char)mask)),
                          _mm_set1_epi8((char)value));
}

static inline __m128i load(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* jmp and jcc with 32 bits. */
static inline uint32_t match_near(const uint8_t *bytes)
{
    __m128i conditional =
        _mm_and_si128(equal(load(bytes), 0xff, 0x0f), equal(load(bytes + 1), 0xf0, 0x80));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(equal(load(bytes), 0xff, 0xe9), conditional));
}

/* jmp and jcc with 8 bits. */
static inline uint32_t match_short(const uint8_t *bytes)
{
    return (uint32_t)_mm_movemask_epi8(
        _mm_or_si128(equal(load(bytes), 0xff, 0xeb), equal(load(bytes), 0xf0, 0x70)));
}

/* jmp *slot(%rip) */
static inline uint32_t match_slot(const uint8_t *bytes)
{
    return (uint32_t)_mm_movemask_epi8(
        _mm_and_si128(equal(load(bytes), 0xff, 0xff), equal(load(bytes + 1), 0xff, 0x25)));
}

/* In a PLT stub. */
struct stub {
    uint64_t jump; /* vaddr of its jmp *slot(%rip) */
    struct jumps_import *import;
};

/* Code that is looked through. */
struct scan {
    const struct image *image;
    bool failed;
    /* What is asked: who jumps to one function, */
    uint64_t target;
    bool found;
    /* or what the image leaves to. */
    const struct links *links;
    struct jumps *jumps;
    struct stub *stubs; /* sorted */
    size_t stub_count, stub_capacity;
    struct fde last; /* the last unwind entry that was asked for: empty, or */
    bool last_is_plt;
};

typedef void looker(struct scan *scan, const uint8_t *bytes, uint64_t vaddr);

static inline void go_through_bytes(struct scan *scan, const uint8_t *bytes, size_t size,
                                    uint64_t vaddr, matcher *match, looker *look)
{
    for (size_t i = 0; i < size; i += LANES) {
        uint32_t found = match(bytes + i);
        if (size - i < LANES)
            found &= (1u << (size - i)) - 1;
        for (; found; found &= found - 1) {
            size_t at = i + (size_t)__builtin_ctz(found);
            look(scan, bytes + at, vaddr + at);
        }
    }
}

/* All code of one segment in [start, end). */
static inline void go_through_segment(struct scan *scan, const struct segment *segment,
                                      uint64_t start, uint64_t end, matcher *match, looker *look)
{
    uint8_t *bytes = malloc(CHUNK + LANES + JUMP_MAX);
    uint64_t last = segment->vaddr + segment->size;

    start = start > segment->vaddr ? start : segment->vaddr;
    end = end < last ? end : last;
    scan->failed |= !bytes;
    for (uint64_t at = start, next; at < end && !scan->failed; at = next) {
        next = end - at > CHUNK ? at + CHUNK : end;
        size_t size = last - next > JUMP_MAX ? next - at + JUMP_MAX : last - at;
        memset(bytes + size, 0, LANES);
        if (image_bytes(scan->image, segment->offset + (at - segment->vaddr), bytes, size))
            go_through_bytes(scan, bytes, next - at, at, match, look);
        else
            scan->failed = true;
    }
    free(bytes);
}

static inline void go_through(struct scan *scan, uint64_t start, uint64_t end, matcher *match,
                              looker *look)
{
    for (size_t i = 0; i < scan->image->segment_count; i++) {
        const struct segment *s = &scan->image->segments[i];
        if (s->executable && s->vaddr < end && start < s->vaddr + s->size)
            go_through_segment(scan, s, start, end, match, look);
    }
}

static bool is_too_large(const struct image *image)
{
    uint64_t size = 0;

    for (size_t i = 0; i < image->segment_count && size <= CODE_MAX; i++) {
        const struct segment *s = &image->segments[i];
        if (s->executable && (s->size > CODE_MAX || s->size > UINT64_MAX - s->vaddr))
            return true;
        size += s->executable ? s->size : 0;
    }
    return size > CODE_MAX;
}

static uint64_t relative(const uint8_t *displacement, uint64_t next)
{
    int32_t value;

    memcpy(&value, displacement, sizeof(value));
    return next + (uint64_t)(int64_t)value;
}

static uint64_t near_target(const uint8_t *bytes, uint64_t vaddr)
{
    size_t opcode = bytes[0] == 0x0f ? 2 : 1;
    return relative(bytes + opcode, vaddr + opcode + sizeof(int32_t));
}

static uint64_t short_target(const uint8_t *bytes, uint64_t vaddr)
{
    return vaddr + 2 + (uint64_t)(int64_t)(int8_t)bytes[1];
}

static uint64_t before(uint64_t vaddr)
{
    return vaddr > SHORT_REACH ? vaddr - SHORT_REACH : 0;
}

/* ---- Who jumps to one function ---- */

static void check_jump(struct scan *scan, uint64_t from, uint64_t target)
{
    const struct cfi *tables;
    struct fde fde;

    if (target == scan->target && !scan->found)
        scan->found = image_find_fde(scan->image, from, &tables, &fde) || fde.start != target;
}

static void check_near(struct scan *scan, const uint8_t *bytes, uint64_t vaddr)
{
    check_jump(scan, vaddr, near_target(bytes, vaddr));
}

static void check_short(struct scan *scan, const uint8_t *bytes, uint64_t vaddr)
{
    check_jump(scan, vaddr, short_target(bytes, vaddr));
}

int jumps_lead_to(const struct image *image, uint64_t vaddr)
{
    struct scan scan = { .image = image, .target = vaddr };

    if (is_too_large(image))
        return -ENODATA;
    go_through(&scan, before(vaddr), vaddr + SHORT_REACH, match_short, check_short);
    if (!scan.found)
        go_through(&scan, 0, UINT64_MAX, match_near, check_near);
    return scan.failed ? -ENODATA : scan.found;
}

/* ---- What an image leaves to ---- */

bool jumps_is_plt(const struct image *image, const struct fde *fde)
{
    static const struct {
        const char *bytes;
        size_t size;
    } beginnings[] = {
        { "\xff\x35", 2 },                 /* push slot(%rip): the first, which calls the loader */
        { "\xff\x25", 2 },                 /* jmp *slot(%rip) */
        { "\xf3\x0f\x1e\xfa\xff\x25", 6 }, /* behind endbr64, */
        { "\xf3\x0f\x1e\xfa\xf2\xff\x25", 7 }, /* and bnd */
        { "\xf3\x0f\x1e\xfa\x41\xbb", 6 },     /* or mold's, with the number of the symbol */
        { "\x4c\x8b\x1d", 3 },                 /* mov slot(%rip),%r11: a retpoline's */
    };
    uint8_t bytes[8];
    uint64_t offset;

    if ((fde->end - fde->start) % 8 || !image_offset(image, fde->start, &offset) ||
        !image_bytes(image, offset, bytes, sizeof(bytes)))
        return false;
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
        if (!memcmp(bytes, beginnings[i].bytes, beginnings[i].size))
            return true;
    }
    return false;
}

/* Whose code is it? Some linkers' PLT stubs have no unwind entry. */
enum { OF_FUNCTION, OF_STUB, OF_EITHER };

static int whose(struct scan *scan, uint64_t vaddr)
{
    const struct cfi *tables;

    if (vaddr >= scan->last.start && vaddr < scan->last.end)
        return scan->last_is_plt ? OF_STUB : OF_FUNCTION;
    if (image_find_fde(scan->image, vaddr, &tables, &scan->last)) {
        scan->last = (struct fde){ 0 };
        return OF_EITHER;
    }
    scan->last_is_plt = jumps_is_plt(scan->image, &scan->last);
    return scan->last_is_plt ? OF_STUB : OF_FUNCTION;
}

static void note_slot_jump(struct scan *scan, const uint8_t *bytes, uint64_t vaddr)
{
    const struct import *slot = links_import(scan->links, relative(bytes + 2, vaddr + JUMP_MAX));

    if (!slot)
        return;
    struct jumps_import *import = &scan->jumps->imports[slot - scan->links->imports];
    import->jumped_through = true;
    if (whose(scan, vaddr) == OF_FUNCTION) {
        import->left = true;
        return;
    }
    scan->failed |= scan->stub_count == STUBS_MAX ||
                    !ARRAY_ROOM(scan->stubs, scan->stub_count, scan->stub_capacity);
    if (!scan->failed)
        scan->stubs[scan->stub_count++] = (struct stub){ vaddr, import };
}

static int compare_stubs(const void *a, const void *b)
{
    const struct stub *x = a, *y = b;
    return (x->jump > y->jump) - (x->jump < y->jump);
}

/* What may come before `jmp *slot(%rip)` in a stub (callcode_decode_stub): nothing, bnd, endbr64,
 * both, the number of the symbol behind it or not. (In stubs displacements look like short jumps.)
 */
static void note_jump(struct scan *scan, uint64_t from, uint64_t target, bool is_short)
{
    static const uint8_t prefixes[] = { 0, 1, 4, 5, 6, 10 };
    uint64_t first = scan->stubs[0].jump, last = scan->stubs[scan->stub_count - 1].jump;

    if (target > last || target + prefixes[sizeof(prefixes) - 1] < first)
        return;
    for (size_t i = 0; i < sizeof(prefixes); i++) {
        struct stub wanted = { .jump = target + prefixes[i] }, *stub;
        stub = bsearch(&wanted, scan->stubs, scan->stub_count, sizeof(wanted), compare_stubs);
        if (stub && !(is_short && whose(scan, from) == OF_STUB))
            stub->import->left = true;
    }
}

static void note_near(struct scan *scan, const uint8_t *bytes, uint64_t vaddr)
{
    note_jump(scan, vaddr, near_target(bytes, vaddr), false);
}

static void note_short(struct scan *scan, const uint8_t *bytes, uint64_t vaddr)
{
    note_jump(scan, vaddr, short_target(bytes, vaddr), true);
}

static void find_left(struct scan *scan)
{
    struct jumps_import *imports = scan->jumps->imports;

    go_through(scan, 0, UINT64_MAX, match_slot, note_slot_jump);
    if (scan->stub_count && !scan->failed) {
        qsort(scan->stubs, scan->stub_count, sizeof(*scan->stubs), compare_stubs);
        go_through(scan, before(scan->stubs[0].jump),
                   scan->stubs[scan->stub_count - 1].jump + SHORT_REACH, match_short, note_short);
        go_through(scan, 0, UINT64_MAX, match_near, note_near);
    }
    for (size_t i = 0; i < scan->links->import_count; i++) /* by another kind of stub? */
        imports[i].left |= !imports[i].jumped_through && !scan->links->imports[i].taken;
    scan->jumps->unknown = scan->failed;
    free(scan->stubs);
}

const struct jumps *jumps_find(struct images *images, struct image *image)
{
    const struct links *links = links_find(images, image);
    bool known = image->facts[FACT_JUMPS];
    struct jumps *jumps = NULL;

    if (links)
        jumps = image_fact(image, FACT_JUMPS,
                           sizeof(*jumps) + links->import_count * sizeof(*jumps->imports), NULL);
    if (jumps && !known) {
        struct scan scan = { .image = image, .links = links, .jumps = jumps };
        jumps->unknown = links->unknown || is_too_large(image);
        if (!jumps->unknown && links->import_count)
            find_left(&scan);
    }
    return jumps && !jumps->unknown ? jumps : NULL;
}
