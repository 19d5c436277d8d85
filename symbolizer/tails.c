/* tails.c - goes from the named function along its tail calls; and for calls through pointers asks
 * who makes a tail call to the function that was found. */
#include "tails.h"

#include <stdlib.h>
#include <string.h>

#include "symbolizer/exits.h"
#include "symbolizer/library.h"
#include "symbolizer/links.h"

enum {
    NODES_MAX = 64, /* functions of one search */
    EDGES_MAX = 256,
    FIRST_SLOTS = 64,
};

/* What was decided once. */
struct decision {
    uint64_t named;       /* the function that is called; of a call through a pointer 0, */
    struct image *caller; /* and the image that calls; NULL: [anon] */
    uint64_t inner;       /* where the inner function starts; 0: there is no decision */
    struct between between;
    /* If it is proven: as long as no other image wants a function of one of these names (links.h),
     * other than this one for itself. */
    uint64_t *names;
    size_t name_count;
    struct image *asked_by;
    bool pending; /* an image is being fetched with which it may be another */
};

struct tails {
    struct decision *slots; /* open-addressed */
    size_t count, slot_count;
};

/* ---- What was decided ---- */

void tails_destroy(struct tails *tails)
{
    for (size_t i = 0; tails && i < tails->slot_count; i++)
        free(tails->slots[i].names);
    if (tails)
        free(tails->slots);
    free(tails);
}

static size_t slot_of(const struct tails *tails, uint64_t named, struct image *caller,
                      uint64_t inner)
{
    size_t mask = tails->slot_count - 1;
    uint64_t key = (named ^ (uintptr_t)caller) * 0x9e3779b97f4a7c15u + inner;
    size_t i = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & mask;

    for (; tails->slots[i].inner; i = (i + 1) & mask) {
        const struct decision *d = &tails->slots[i];
        if (d->named == named && d->caller == caller && d->inner == inner)
            break;
    }
    return i;
}

static bool make_room(struct tails *tails)
{
    struct tails larger = *tails;

    if (2 * (tails->count + 1) <= tails->slot_count)
        return true;
    larger.slot_count = tails->slot_count ? 2 * tails->slot_count : FIRST_SLOTS;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < tails->slot_count; i++) {
        const struct decision *d = &tails->slots[i];
        if (d->inner)
            larger.slots[slot_of(&larger, d->named, d->caller, d->inner)] = *d;
    }
    free(tails->slots);
    *tails = larger;
    return true;
}

/* ---- From the inner function outwards ---- */

/* With any one of the images for the C library, beside which conversions are known by their place.
 */
static bool find_runtime(const struct images *images, const struct image *image)
{
    static const struct runtime_libraries builtin;

    for (size_t i = 0; i < images->count; i++) {
        const struct library_run run = { &images->images[i]->module, 1 };
        if (library_is_runtime(&builtin, &run, &image->module))
            return true;
    }
    return false;
}

static bool is_runtime(const struct images *images, struct image *image)
{
    if (!image->runtime_asked) {
        image->runtime_asked = true;
        image->runtime = find_runtime(images, image);
    }
    return image->runtime;
}

/* A function that the inner one may have been jumped to by, or itself. */
struct source {
    struct image *image;
    uint64_t vaddr;
};

struct doubt {
    const struct tails_context *context; /* `images` of it, and once its `space` */
    struct image *caller;                /* NULL: [anon] */
    struct source sources[NODES_MAX];
    size_t source_count;
    uint64_t *names; /* by which others may want them */
    size_t name_count, name_capacity;
    bool found;   /* the pointer may have named a function of another library that left: */
    bool pending; /* of one, perhaps, that is being fetched */
};

static void add_source(struct doubt *d, struct image *image, uint64_t vaddr)
{
    for (size_t i = 0; i < d->source_count; i++) {
        if (d->sources[i].image == image && d->sources[i].vaddr == vaddr)
            return;
    }
    if (d->source_count == NODES_MAX)
        d->found = true;
    else
        d->sources[d->source_count++] = (struct source){ image, vaddr };
}

/* A function of this image, in which there is the jump, may have left by it. */
static void add_jumper(struct doubt *d, struct image *image, const struct fde *fde)
{
    if (is_runtime(d->context->images, image))
        add_source(d, image, fde->start);
    else
        d->found = true;
}

/* Those who jump to a function, or to a PLT stub for it. */
static void add_jumpers(struct doubt *d, struct image *image, uint64_t target)
{
    const struct jump *jumps;
    const struct cfi *tables;
    struct fde fde;
    int64_t count = exits_to(d->context->images, image, target, &jumps);

    d->found |= count < 0;
    for (int64_t i = 0; i < count; i++) {
        int error = image_find_fde(image, jumps[i].from, &tables, &fde);
        if (error || fde.start == target || exits_is_plt(image, &fde))
            continue;
        add_jumper(d, image, &fde);
    }
}

/* Those who jump through a slot, or to a PLT stub that does. */
static void add_slot_jumpers(struct doubt *d, struct image *image, uint64_t slot)
{
    /* What may come before `jmp *slot(%rip)` in a stub (call_decode_stub): nothing, bnd, endbr64,
       both, the number of the symbol behind it or not. */
    static const uint8_t before[] = { 0, 1, 4, 5, 6, 10 };
    const struct jump *jumps;
    const struct cfi *tables;
    struct fde fde;
    int64_t count = exits_to(d->context->images, image, slot, &jumps);

    d->found |= count <= 0; /* or none: it is another kind of stub */
    for (int64_t i = 0; i < count; i++) {
        int error = image_find_fde(image, jumps[i].from, &tables, &fde);
        if (!error && !exits_is_plt(image, &fde)) {
            add_jumper(d, image, &fde);
            continue;
        }
        for (size_t b = 0; b < sizeof(before); b++)
            add_jumpers(d, image, jumps[i].from - before[b]);
    }
}

/* Could functions of the image have left by a tail call to one of this name? Where they are of the
 * library that makes the call, that makes no difference. */
static void ask_image(struct doubt *d, struct image *image, uint64_t name)
{
    const struct links *links = links_find(d->context->images, image);
    const struct import *imports;
    size_t count = links ? links_wanted(links, name, &imports) : 0;

    if (image == d->caller && links && !links->may_have_parts)
        return;
    d->found |= !links || links->unknown;
    for (size_t i = 0; i < count && !d->found; i++) {
        if (!imports[i].taken)
            add_slot_jumpers(d, image, imports[i].slot);
        else
            d->found |= image != d->caller &&
                        !is_runtime(d->context->images, image); /* by a computed jump */
    }
}

static bool note_name(struct doubt *d, uint64_t name)
{
    uint64_t *names = reallocarray(d->names, d->name_count + 1, sizeof(*names));

    d->found |= !names;
    if (!names)
        return false;
    d->names = names;
    d->names[d->name_count++] = name;
    return true;
}

/* (Text that was moved is code of its file still, former.h.) */
static void ask_all_images(struct doubt *d, uint64_t name)
{
    const struct space *space = d->context->space;
    const struct code *code = space->code;

    for (size_t i = 0; i < code->region_count && !d->found; i++) {
        struct image *image = code->regions[i].image;
        d->found = d->pending = code->regions[i].pending;
        if (image && (!i || image != code->regions[i - 1].image))
            ask_image(d, image, name);
    }
    for (size_t i = 0; i < code->formers.count && !d->found; i++) {
        const struct former *former = &code->formers.all[i];
        if (space_overlaps(space, former->start, former->end - former->start))
            ask_image(d, former->image, name);
    }
}

/* Looks for all that may have jumped to a function. */
static void ask(struct doubt *d, struct source source)
{
    const struct links *links = links_find(d->context->images, source.image);
    const struct export *exports;
    size_t count = links ? links_names(links, source.vaddr, &exports) : 0;

    d->found |= !links || links->unknown;
    add_jumpers(d, source.image, source.vaddr);
    for (size_t i = 0; i < count && !d->found; i++) {
        if (note_name(d, exports[i].name))
            ask_all_images(d, exports[i].name);
    }
}

/* Is it a program that has no libraries, and so the C library in itself? */
static bool is_static(struct images *images, struct image *image)
{
    const struct links *links = links_find(images, image);
    return image->entry && !image->is_go && links && !links->unknown && !links->import_count;
}

/* Only what asks the kernel for others is asked about: a function of another library is a caller
 * itself, whoever left by a jump to it. */
static bool asks_for_others(const struct tails_context *c, const struct site *site,
                            const struct site *inner)
{
    return inner->image && inner->start && !site->go &&
           (is_runtime(c->images, inner->image) ||
            (inner->image == site->image && is_static(c->images, inner->image)));
}

/*
 * A call or jump in this image goes through a pointer. May that have named a function of another
 * one that left by a tail call to the inner one, straight or by way of others? `decision` gets what
 * this depends on. 0 or -ENOMEM.
 */
static int find_doubt(const struct tails_context *context, struct image *image,
                      const struct site *inner, struct decision *decision, bool *ret)
{
    struct doubt *d = calloc(1, sizeof(*d));

    if (!d)
        return -ENOMEM;
    *d = (struct doubt){ .context = context, .caller = image };
    /* Of two that ask, what is wanted by either counts. */
    decision->asked_by = decision->names && decision->asked_by != image ? NULL : image;
    free(decision->names);
    add_source(d, inner->image, inner->start - inner->bias);
    for (size_t i = 0; i < d->source_count && !d->found; i++)
        ask(d, d->sources[i]);
    *ret = d->found;
    decision->pending |= d->pending;
    decision->names = d->names;
    decision->name_count = d->name_count;
    free(d);
    return 0;
}

/* ---- From the named function inwards ---- */

struct node {
    const struct site *start; /* of the function */
    bool leads;               /* to the inner function */
};

struct edge {
    size_t from, to; /* to NODES_MAX: the inner function */
    bool framed;
};

struct way {
    const struct tails_context *context;
    const struct site *inner;
    struct node nodes[NODES_MAX];
    struct edge edges[EDGES_MAX];
    size_t node_count, edge_count;
    struct decision *decision;
    bool unknown;      /* there may be more */
    bool unsettled;    /* a slot will get another value */
    uint64_t variable; /* that decides, too; 0: none */
};

/* The number of the node; NODES_MAX if it is the inner function. */
static size_t find_node(struct way *way, const struct site *start)
{
    size_t i = 0;

    if (start->address == way->inner->start)
        return NODES_MAX;
    while (i < way->node_count && way->nodes[i].start != start)
        i++;
    if (i == way->node_count && i < NODES_MAX)
        way->nodes[way->node_count++].start = start;
    way->unknown |= i == NODES_MAX;
    return i;
}

/* What the variable at `address` names now. 0 or a negative error of reading. */
static int find_by_variable(const struct tails_context *c, const struct site *site,
                            uint64_t address, struct named *ret)
{
    struct call call = { .kind = CALL_DIRECT };
    int error = target_read_all(c->target, address, &call.address, sizeof(call.address));

    *ret = (struct named){ 0 };
    if (!error)
        error = space_find_named(c->space, c->target, c->pages, site, call, ret);
    return error == -EFAULT ? 0 : error;
}

/* A jump through a variable, or a GOT entry that may change, is one to what that has now; next time
 * it may have another value. (Of more than one no note is made.) */
static int follow_variable(struct way *way, size_t from, uint64_t address, struct named *ret)
{
    const struct tails_context *c = way->context;

    way->unsettled |= way->variable && way->variable != address;
    way->variable = address;
    return find_by_variable(c, way->nodes[from].start, address, ret);
}

/* Goes out by one exit of a function. 0 or a negative error of reading. */
static int follow_exit(struct way *way, size_t from, const struct exit *exit)
{
    const struct tails_context *c = way->context;
    const struct site *start = way->nodes[from].start;
    struct call call = { exit->slot ? CALL_SLOT : CALL_DIRECT, start->bias + exit->target };
    struct named named;
    int error = space_find_named(c->space, c->target, c->pages, start, call, &named);

    if (!error && exit->slot && !named.address)
        error = follow_variable(way, from, call.address, &named);
    if (error)
        return error;
    if (!named.callee && named.stub) { /* nothing has left through it, as long as it is not bound */
        way->unsettled = true;
        return 0;
    }
    const struct site *next = named.callee && named.callee->start
                                  ? space_site(c->space, c->target, named.callee->start)
                                  : NULL;
    if (!next || !next->image || way->edge_count == EDGES_MAX) {
        way->unknown = true;
        return 0;
    }
    size_t to = find_node(way, next);
    if (!way->unknown)
        way->edges[way->edge_count++] = (struct edge){ from, to, exit->framed };
    return 0;
}

/* A computed jump may be one to the inner function; or to another that jumps there. */
static int follow_computed(struct way *way, size_t from)
{
    const struct site *start = way->nodes[from].start;
    bool doubt = true;
    int error = 0;

    if (asks_for_others(way->context, start, way->inner))
        error = find_doubt(way->context, start->image, way->inner, way->decision, &doubt);
    way->unknown |= doubt || way->edge_count == EDGES_MAX;
    if (way->edge_count < EDGES_MAX)
        way->edges[way->edge_count++] = (struct edge){ from, NODES_MAX, false };
    return error;
}

/* Is the code of the function in memory what it is in the file? */
static bool is_unchanged(const struct tails_context *c, const struct site *start,
                         const struct exits *exits)
{
    size_t size = exits->end - exits->start;
    uint8_t *code = exits->unknown || start->writable ? NULL : malloc(size);
    bool same = code && !target_read_all(c->target, start->address, code, size) &&
                exits_hash(code, size) == exits->hash;

    free(code);
    return same;
}

static int find_ways(struct way *way)
{
    for (size_t i = 0; i < way->node_count; i++) {
        const struct site *start = way->nodes[i].start;
        const struct exits *exits =
            exits_find(way->context->images, start->image, start->address - start->bias);
        way->unknown |= !exits || !is_unchanged(way->context, start, exits);
        int error = exits && exits->computed ? follow_computed(way, i) : 0;
        for (uint32_t e = 0; exits && e < exits->count && !error; e++)
            error = follow_exit(way, i, &exits->all[e]);
        if (error)
            return error;
    }
    return 0;
}

/* Marks the functions that lead to the inner one. */
static void mark_leading(struct way *way)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < way->edge_count; i++) {
            const struct edge *edge = &way->edges[i];
            bool leads = edge->to == NODES_MAX || way->nodes[edge->to].leads;
            more |= leads && !way->nodes[edge->from].leads;
            way->nodes[edge->from].leads |= leads;
        }
    }
}

/* The only edge from a function on the way to the inner one; NULL: there are several. */
static const struct edge *only_edge(const struct way *way, size_t from)
{
    const struct edge *only = NULL;

    for (size_t i = 0; i < way->edge_count; i++) {
        const struct edge *edge = &way->edges[i];
        if (edge->from != from || (edge->to < NODES_MAX && !way->nodes[edge->to].leads))
            continue;
        if (only && only->to != edge->to)
            return NULL;
        if (!only || !edge->framed)
            only = edge;
    }
    return only;
}

static void add_function(struct between *ret, const struct site *start)
{
    ret->functions[ret->count].module = start->image->number;
    ret->functions[ret->count++].offset = start->offset;
}

/* All functions of the only way there is. False: there are several. */
static bool follow_only_way(const struct way *way, struct between *ret)
{
    const struct edge *edge;

    ret->count = 0;
    for (size_t at = 0, steps = 0; at < NODES_MAX; at = edge->to, steps++) {
        edge = only_edge(way, at);
        if (!edge || steps == NODES_MAX || ret->count == TAILS_MAX)
            return false;
        if (!edge->framed)
            add_function(ret, way->nodes[at].start);
    }
    return true;
}

static bool may_have_parts(struct images *images, struct image *image)
{
    const struct links *links = links_find(images, image);
    return !links || links->may_have_parts;
}

/* Are all the ways within one library? Then there is no doubt which. */
static bool stays_in_library(const struct way *way)
{
    struct image *image = way->nodes[0].start->image;

    for (size_t i = 0; i < way->node_count; i++) {
        if (way->nodes[i].leads && way->nodes[i].start->image != image)
            return false;
    }
    return !may_have_parts(way->context->images, image);
}

/* The call names another function than the inner one: what became of it? */
static int explain(const struct tails_context *context, const struct site *callee,
                   const struct site *inner, struct decision *decision, struct between *ret)
{
    struct way *way = callee ? calloc(1, sizeof(*way)) : NULL;
    int error;

    if (!way)
        return -ENOMEM;
    *way = (struct way){ .context = context, .inner = inner, .decision = decision };
    find_node(way, callee);
    if (!(error = inner->start ? find_ways(way) : 0)) {
        mark_leading(way);
        bool leads = way->nodes[0].leads;
        bool only = leads && follow_only_way(way, ret);
        ret->proven = leads && !way->unknown && (only || stays_in_library(way));
        ret->settled = !way->unsettled;
        ret->variable = way->variable;
        ret->impossible =
            inner->start && !leads && !way->unknown && !way->unsettled && !way->variable;
        if (!only) {
            ret->count = 0;
            add_function(ret, callee);
        }
    }
    free(way);
    return error;
}

/* ---- Both ---- */

/* Is `inner` still on its way through this PLT stub? */
static bool is_in_stub(const struct site *inner, uint64_t stub)
{
    return inner->start ? stub >= inner->start && stub < inner->end
                        : inner->address - stub < STUB_BYTES;
}

/* Does the call in `site` name another function than the one that `inner` is in? Then a tail call
 * removed its frame. Of a function without unwind entry only its image is known. */
static bool names_another(const struct site *site, const struct site *inner)
{
    if (!site->callee || (site->stub && is_in_stub(inner, site->stub)))
        return false;
    if (!inner->start)
        return site->callee_image != inner->image;
    return site->callee < inner->start || site->callee >= inner->end;
}

/* May it have named another, which is not known? Before a PLT slot is bound, the loader is called
 * to bind it; should it never be, what it stands for is not seen. What is called by its address and
 * has no unwind entry may have left by a jump. */
static bool may_name_another(const struct site *site, const struct site *inner)
{
    if (site->callee || site->by_pointer)
        return false;
    if (site->stub)
        return !is_in_stub(inner, site->stub) &&
               !(inner->image && library_is_loader(&inner->image->module));
    return site->target && inner->start &&
           (site->target < inner->start || site->target >= inner->end);
}

static struct tails *tails_of(struct code *code)
{
    if (!code->tails)
        code->tails = calloc(1, sizeof(*code->tails));
    return code->tails;
}

/* The room for a decision about what `callee` (0: what a pointer of `caller`) and the inner
 * function have between them, which is there if it has been made. NULL: no memory. */
static struct decision *find_decision(struct code *code, const struct decision *wanted)
{
    struct tails *tails = tails_of(code);

    return tails && make_room(tails)
               ? &tails->slots[slot_of(tails, wanted->named, wanted->caller, wanted->inner)]
               : NULL;
}

/* Remembers what was decided, if it stays so. (The map may have been read again since the walk came
 * to the inner function.) */
static void keep(struct space *space, const struct site *inner, struct decision *known,
                 struct decision *new)
{
    if (new->between.settled && !new->between.variable &&new->inner &&
        space_known_site(space, inner->address) == inner) {
        *known = *new;
        space->code->tails->count++;
    } else {
        free(new->names);
    }
}

/* By what the call names. */
static int decide_named(const struct tails_context *context, uint64_t callee,
                        const struct site *inner, struct between *ret)
{
    struct code *code = context->space->code;
    struct decision new = { .named = callee, .inner = inner->start };
    struct decision *known = find_decision(code, &new);

    if (!known)
        return -ENOMEM;
    int error = 0;
    if (!known->inner) {
        error = explain(context, space_site(context->space, context->target, callee), inner, &new,
                        &new.between);
        new.between.settled &= !error && !new.pending;
        *ret = new.between;
        keep(context->space, inner, known, &new);
    } else {
        *ret = known->between;
    }
    return error;
}

/* By the image that calls through a pointer. */
static int decide_pointer(const struct tails_context *context, const struct site *site,
                          const struct site *inner, struct between *ret)
{
    struct code *code = context->space->code;
    struct decision new = { .caller = site->image,
                            .inner = inner->start,
                            .between = { .settled = true } };
    struct decision *known = find_decision(code, &new);
    bool doubt;

    if (!known)
        return -ENOMEM;
    if (!known->inner) {
        int error = find_doubt(context, site->image, inner, &new, &doubt);
        if (error)
            return error;
        new.between.proven = !doubt;
        new.between.settled = !new.pending;
        *ret = new.between;
        keep(context->space, inner, known, &new);
    } else {
        *ret = known->between;
    }
    return 0;
}

/*
 * By what the variable has now through which the call went. It may have been changed since; but if
 * what it has explains the inner function, it is believed. Next time it may have another value.
 */
static int decide_variable(const struct tails_context *context, const struct site *site,
                           const struct site *inner, struct between *ret)
{
    struct named named;
    struct between found = { .proven = true, .settled = true };
    int error = find_by_variable(context, site, site->variable, &named);

    ret->variable = site->variable;
    if (error || !named.callee || !named.callee->image || named.callee->start != named.address)
        return error;
    if (named.address != inner->start)
        error = decide_named(context, named.address, inner, &found);
    found.settled &= ret->settled && (!found.variable || found.variable == site->variable);
    found.variable = site->variable;
    if (!error && found.proven)
        *ret = found;
    ret->settled = found.settled;
    return error;
}

int tails_find(const struct tails_context *context, struct site *site, const struct site *inner,
               struct between *ret)
{
    int error = 0;

    *ret = (struct between){ .proven = true, .settled = true };
    if (names_another(site, inner))
        return decide_named(context, site->callee, inner, ret);
    if (site->by_pointer && asks_for_others(context, site, inner)) {
        error = decide_pointer(context, site, inner, ret);
        if (!error && !ret->proven && site->variable)
            error = decide_variable(context, site, inner, ret);
    } else {
        ret->proven = !may_name_another(site, inner);
    }
    return error;
}

int tails_find_started(const struct tails_context *context, struct site *site,
                       const struct site *inner, struct between *ret)
{
    *ret = (struct between){ .proven = true, .settled = true };
    return asks_for_others(context, site, inner) ? decide_pointer(context, site, inner, ret) : 0;
}

/* ---- When images come ---- */

static bool has_image(const struct code *code, const struct image *image)
{
    for (size_t i = 0; i < code->region_count; i++) {
        if (code->regions[i].image == image)
            return true;
    }
    return false;
}

/* Would it have been decided otherwise with this image? */
static bool is_disturbed(struct images *images, const struct decision *decision,
                         struct image *image)
{
    const struct tails_context context = { .images = images };
    struct doubt d = { .context = &context, .caller = decision->asked_by };

    for (size_t i = 0; i < decision->name_count && !d.found; i++)
        ask_image(&d, image, decision->names[i]);
    return d.found || d.source_count;
}

static bool disturbs(struct images *images, const struct tails *tails, struct image *image)
{
    for (size_t i = 0; i < tails->slot_count; i++) {
        const struct decision *d = &tails->slots[i];
        if (d->inner && d->between.proven && is_disturbed(images, d, image))
            return true;
    }
    return false;
}

bool tails_disturbed(struct images *images, const struct code *code, const struct code *next)
{
    const struct image *last = NULL;

    for (size_t i = 0; i < next->region_count && code->tails; i++) {
        struct image *image = next->regions[i].image;
        if (image && image != last && !has_image(code, image) &&
            disturbs(images, code->tails, image))
            return true;
        last = image;
    }
    return false;
}
