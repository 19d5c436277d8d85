/* tails.c - goes from the named function along its tail calls; and for calls through pointers asks
 * who may have left to the function that was found (reach.h). */
#include "tails.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/fnv.h"
#include "record/slots.h"
#include "symbolizer/unwind/exits.h"
#include "symbolizer/unwind/jumps.h"
#include "record/library.h"
#include "symbolizer/image/links.h"
#include "symbolizer/unwind/reach.h"
#include "symbolizer/unwind/site.h"
#include "symbolizer/unwind/callee.h"

enum {
    NODES_MAX = 64, /* functions of one search */
    EDGES_MAX = 256,
};

/* What was decided once. */
struct decision {
    uint64_t named;       /* the function that is called; of a call through a pointer 0, */
    struct image *caller; /* and the image that calls; NULL: [anon] */
    uint64_t inner;       /* where the inner function starts */
    struct between between;
    /* It was asked who may leave to this function, other than `asked_by`; it is proven as long as
     * nobody may. */
    const struct image *asked; /* NULL: it was not asked */
    uint64_t asked_vaddr;
    struct image *asked_by;
    bool pending; /* an image is being fetched with which it may be another */
};

struct tails {
    struct decision *decisions;
    size_t count, capacity;
    struct slots slots;
    struct reach reach;
};

/* ---- What was decided ---- */

static void destroy(struct tails *tails)
{
    if (tails) {
        free(tails->decisions);
        slots_deinit(&tails->slots);
        reach_deinit(&tails->reach);
    }
    free(tails);
}

static uint64_t hash_decision(const struct decision *d)
{
    return slots_mix(slots_mix(slots_mix(0, d->named), (uintptr_t)d->caller), d->inner);
}

static bool same_decision(const struct decision *a, const struct decision *b)
{
    return a->named == b->named && a->caller == b->caller && a->inner == b->inner;
}

/* ---- From the inner function outwards ---- */

/* Adds the images of the regions to those that are asked about. 1 if any more may leave now, or to
 * more; 0; -ENOMEM. */
static int reach_of_regions(struct images *images, struct reach *reach, const struct code *code)
{
    int error = 0;

    for (size_t i = 0; i < code->region_count && !error; i++) {
        struct image *image = code->regions[i].image;
        if (image && (!i || image != code->regions[i - 1].image))
            error = reach_add(reach, images, image);
    }
    return error ? error : reach_follow(reach, images);
}

/* (Text that was moved is code of its file still, former.h.) */
static int reach_of_space(const struct tails_context *c)
{
    const struct space *space = c->space;
    const struct formers *formers = &space->code->formers;
    struct reach *reach = &space->code->tails->reach;
    int error = 0;

    for (size_t i = 0; i < formers->count && !error; i++) {
        const struct former *former = &formers->all[i];
        if (space_overlaps(space, former->start, former->end - former->start))
            error = reach_add(reach, c->images, former->image);
    }
    return error ? error : reach_of_regions(c->images, reach, space->code);
}

static bool has_pending(const struct code *code)
{
    for (size_t i = 0; i < code->region_count; i++) {
        if (code->regions[i].pending)
            return true;
    }
    return false;
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
           (reach_is_runtime(c->images, inner->image) ||
            (inner->image == site->image && is_static(c->images, inner->image)));
}

/*
 * A call or jump in this image goes through a pointer. May that have named a function of another
 * one that left by a tail call to the inner one, straight or by way of others? (A static program is
 * taken for others to its own C library.) `decision` gets what this depends on. 0 or -ENOMEM.
 */
static int find_doubt(const struct tails_context *context, struct image *image,
                      const struct site *inner, struct decision *decision, bool *ret)
{
    uint64_t vaddr = inner->start - inner->bias;

    if (!reach_is_runtime(context->images, inner->image)) {
        *ret = jumps_lead_to(inner->image, vaddr);
        return 0;
    }
    int error = reach_of_space(context);
    /* Of two that ask, who is another to either counts. */
    decision->asked_by = decision->asked && decision->asked_by != image ? NULL : image;
    decision->asked = inner->image;
    decision->asked_vaddr = vaddr;
    decision->pending |= has_pending(context->space->code);
    *ret = decision->pending || reach_by_others(&context->space->code->tails->reach,
                                                context->images, inner->image, vaddr, image);
    return error < 0 ? error : 0;
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
    struct callcode call = { .kind = CALLCODE_DIRECT };
    int error = target_read_all(c->target, address, &call.address, sizeof(call.address));

    *ret = (struct named){ 0 };
    if (!error)
        error = callee_find(c->space, c->target, c->pages, site, call, ret);
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
    struct callcode call = { exit->slot ? CALLCODE_SLOT : CALLCODE_DIRECT,
                             start->bias + exit->target };
    struct named named;
    int error = callee_find(c->space, c->target, c->pages, start, call, &named);

    if (!error && exit->slot && !named.address)
        error = follow_variable(way, from, call.address, &named);
    if (error)
        return error;
    if (!named.callee && named.stub) { /* nothing has left through it, as long as it is not bound */
        way->unsettled = true;
        return 0;
    }
    const struct site *next = named.callee && named.callee->start
                                  ? site_find(c->space, c->target, named.callee->start)
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
                fnv_bytes(code, size) == exits->hash;

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

/* Are all the ways within one library? Then there is no doubt which. */
static bool stays_in_library(const struct way *way)
{
    struct image *image = way->nodes[0].start->image;

    for (size_t i = 0; i < way->node_count; i++) {
        if (way->nodes[i].leads && way->nodes[i].start->image != image)
            return false;
    }
    return !reach_may_have_parts(way->context->images, image);
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

/* With the images that come, would it have been decided otherwise? */
static bool is_disturbed(struct images *images, const struct code *code, const struct code *next)
{
    struct tails *tails = code->tails;
    int grown =
        tails && tails->reach.member_count ? reach_of_regions(images, &tails->reach, next) : 0;

    /* (Also if nothing has grown: by a process that shares this, it may have before.) */
    for (size_t i = 0; grown >= 0 && tails && i < tails->count; i++) {
        const struct decision *d = &tails->decisions[i];
        if (d->between.proven && d->asked &&
            reach_by_others(&tails->reach, images, d->asked, d->asked_vaddr, d->asked_by))
            return true;
    }
    return grown < 0;
}

static struct tails *tails_of(struct code *code)
{
    static const struct tails_user user = { destroy, is_disturbed };

    if (!code->tails)
        code->tails = calloc(1, sizeof(*code->tails));
    code->tails_user = &user;
    return code->tails;
}

/* The decision about the same as `wanted`, if it has been made. */
static const struct decision *find_decision(const struct tails *tails,
                                            const struct decision *wanted)
{
    uint32_t found = SLOTS_FIND(i, &tails->slots, hash_decision(wanted),
                                same_decision(&tails->decisions[i], wanted));
    return found != SLOTS_NONE ? &tails->decisions[found] : NULL;
}

/* Remembers what was decided, if it stays so. (The map may have been read again since the walk came
 * to the inner function; then the former decisions are gone, too.) */
static void keep(struct space *space, const struct site *inner, const struct decision *new)
{
    struct tails *tails = space->code->tails;

    if (!new->between.settled || new->between.variable || !new->inner ||
        site_known(space, inner->address) != inner)
        return;
    if (ARRAY_ROOM(tails->decisions, tails->count, tails->capacity) &&
        !slots_add(&tails->slots, hash_decision(new), (uint32_t)tails->count))
        tails->decisions[tails->count++] = *new;
}

/* By what the call names. */
static int decide_named(const struct tails_context *context, uint64_t callee,
                        const struct site *inner, struct between *ret)
{
    const struct tails *tails = tails_of(context->space->code);
    struct decision new = { .named = callee, .inner = inner->start };

    if (!tails)
        return -ENOMEM;
    const struct decision *known = find_decision(tails, &new);
    int error = 0;
    if (!known) {
        error = explain(context, site_find(context->space, context->target, callee), inner, &new,
                        &new.between);
        /* (What rests on a variable is not kept here, and so could not be found to be disturbed.)
         */
        new.between.settled &= !error && !new.pending && !(new.between.variable &&new.asked);
        *ret = new.between;
        keep(context->space, inner, &new);
    } else {
        *ret = known->between;
    }
    return error;
}

/* By the image that calls through a pointer. */
static int decide_pointer(const struct tails_context *context, const struct site *site,
                          const struct site *inner, struct between *ret)
{
    const struct tails *tails = tails_of(context->space->code);
    struct decision new = { .caller = site->image,
                            .inner = inner->start,
                            .between = { .settled = true } };
    bool doubt;

    if (!tails)
        return -ENOMEM;
    const struct decision *known = find_decision(tails, &new);
    if (!known) {
        int error = find_doubt(context, site->image, inner, &new, &doubt);
        if (error)
            return error;
        new.between.proven = !doubt;
        new.between.settled = !new.pending;
        *ret = new.between;
        keep(context->space, inner, &new);
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
