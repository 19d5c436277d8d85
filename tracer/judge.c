/* judge.c - finds the caller of a call, and what the user's rules say of the two. */
#include "judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "record/component.h"

static bool has_phases(const struct rules *rules)
{
    for (size_t i = 0; rules && i < rules->compartments.count; i++)
        if (rules->all[i].phase_count)
            return true;
    return false;
}

/* As library_is_exit_handler() has them, where they may be: in a static program, too. */
static int list_exits(struct phase_rules *ret)
{
    static const char *const functions[] = {
        "at@__run_exit_handlers", "at@__libc_exit_fini",    "at@libc_exit_fini",
        "at@__funcs_on_exit",     "at@libc*:exit",          "at@libc*:quick_exit",
        "at@ld-musl*:exit",       "at@ld-musl*:quick_exit",
    };
    char error[PHASE_ERROR_MAX];
    int result = 0;

    for (size_t i = 0; !result && i < sizeof(functions) / sizeof(*functions); i++)
        result = phase_rules_add(ret, functions[i], error);
    return result;
}

int judge_init(struct judge *judge, const struct options *options, struct run *run,
               const struct images *images)
{
    char error[CALLSET_ERROR_MAX];
    const struct rules *rules = options->policy ? &options->rules : NULL;

    *judge = (struct judge){
        .run = run, .options = options, .injections = &options->injections, .rules = rules
    };
    component_names_init(&judge->names, options, run, images);
    phase_code_init(&judge->at_exit, &judge->exits, run, images);
    if (callset_parse(&judge->always, "restart_syscall", error))
        return -ENOMEM;
    return has_phases(rules) ? list_exits(&judge->exits) : 0;
}

void judge_deinit(struct judge *judge)
{
    phase_code_deinit(&judge->at_exit);
    phase_rules_deinit(&judge->exits);
    component_names_deinit(&judge->names);
    callers_deinit(&judge->callers);
    free(judge->libraries);
}

/* ---- Libraries ---- */

/* Of what no compartment names the loader is nobody's, and the runtime libraries are their owner's,
 * who has the loader too. */
static void assign(const struct rules *rules, struct judged_library *library,
                   const struct library_names *names, bool runtime, bool loader)
{
    library->compartment = rules_naming(rules, names);
    if (!library->compartment && runtime)
        library->compartment = rules_runtime(rules);
    if (!library->compartment && loader)
        library->outside = OUTSIDE_LOADER;
    else if (!library->compartment)
        library->compartment = rules_default(rules);
    if (!library->compartment && !loader)
        library->outside = OUTSIDE_UNASSIGNED;
}

static struct judged_library judge_library(const struct judge *judge, uint32_t number)
{
    const struct caller_library *library = &judge->callers.libraries[number];
    const struct module *module = &judge->run->modules[library->module];
    struct judged_library ret = { .outside = INSIDE };
    struct library_names names;

    if (library_names_init(&names, module, library->component))
        die("out of memory");
    ret.injections = injections_about(judge->injections, names.name);
    if (judge->rules && library->module == MODULE_UNKNOWN)
        ret.outside = OUTSIDE_UNKNOWN;
    else if (judge->rules && !strcmp(library->component, COMPONENT_UNKNOWN) &&
             component_names_has(&judge->names, library->module))
        ret.outside = OUTSIDE_COMPONENT;
    else if (judge->rules)
        assign(judge->rules, &ret, &names, callers_is_runtime(&judge->callers, number),
               library_is_loader(module));
    library_names_deinit(&names);
    return ret;
}

/* Judges the libraries from this one on. */
static void judge_libraries(struct judge *judge, size_t first)
{
    const size_t count = judge->callers.library_count;
    struct judged_library *libraries = reallocarray(judge->libraries, count, sizeof(*libraries));

    if (!libraries)
        die("out of memory");
    judge->libraries = libraries;
    for (size_t i = first; i < count; i++)
        libraries[i] = judge_library(judge, (uint32_t)i);
}

/* Takes in what the run has got since the last call; `anew`: which may change who asks on any
 * stack.
 */
static void learn(struct judge *judge, bool anew)
{
    const size_t known = judge->callers.library_count;
    int error = 0;

    if (!judge->callers.run)
        error = callers_init(&judge->callers, judge->run, &judge->options->outputs.table_options);
    else if (anew)
        error = callers_renew(&judge->callers, NULL);
    else if (callers_is_outdated(&judge->callers))
        error = callers_extend(&judge->callers);
    else
        return;
    if (error)
        die("out of memory");
    judge_libraries(judge, judge->callers.known ? known : 0); /* if all was forgotten, all */
}

/* ---- Calls ---- */

static const char *phase_of(struct judge *judge, const struct verdict *verdict, uint32_t stack,
                            uint32_t phase)
{
    if (verdict->phase == PHASE_MAIN && judge->exits.count &&
        phase_code_under(&judge->at_exit, stack))
        return phase_name(PHASE_EXIT);
    return verdict->phase == PHASE_MAIN && phase ? judge->run->phases[phase]
                                                 : phase_name(verdict->phase);
}

/* Is it the runtime library that makes the call whose it is, for that has an owner? */
static bool is_issuers(const struct judge *judge, const struct caller *caller)
{
    return rules_runtime(judge->rules) && callers_is_runtime(&judge->callers, caller->issuer);
}

/* In which compartment is it? Code without a name may be of any component. */
static enum outside place_call(struct judge *judge, const struct caller *caller,
                               const struct judged_library *maker)
{
    const struct caller_function *function = &caller->function;
    const struct frame *frame =
        function->stack == NO_FUNCTION ? NULL : &judge->run->stacks.stacks[function->stack].frame;

    if (maker->outside == INSIDE && frame && function->position == CALLER_FRAME &&
        !(frame->marks & FRAME_ENTRY) && component_names_has(&judge->names, frame->module) &&
        !run_find_symbol(judge->run, frame->module, frame->offset))
        return OUTSIDE_COMPONENT;
    return maker->outside;
}

static void apply_rules(struct judge *judge, const struct caller *caller, const char *phase,
                        enum abi abi, uint32_t nr, struct ruling *ret)
{
    bool by_issuer = is_issuers(judge, caller);
    const struct judged_library *maker =
        &judge->libraries[by_issuer ? caller->issuer : caller->library];

    ret->outside = by_issuer ? maker->outside : place_call(judge, caller, maker);
    ret->compartment = ret->outside == INSIDE ? maker->compartment : NULL;
    if (callset_has(&judge->always, abi, nr))
        ret->outside = INSIDE;
    else if (ret->compartment && !rules_allow(ret->compartment, phase, abi, nr))
        ret->outside = caller->verdict.inexact && !by_issuer ? OUTSIDE_INEXACT : OUTSIDE_RULES;
    ret->action = ret->compartment ? ret->compartment->action : judge->rules->action;
    if (ret->outside != OUTSIDE_RULES && !judge->rules->deny_unknown)
        ret->action.kind = RULES_LOG;
    if (ret->outside == INSIDE || ret->action.kind == RULES_LOG)
        return;
    ret->refuse = true;
    ret->result = -ret->action.error;
}

struct ruling judge_call(struct judge *judge, uint32_t stack, uint32_t phase,
                         struct injection_state *state, enum abi abi, uint32_t nr)
{
    const struct injection *injection;
    const struct caller *caller;
    struct ruling ret = { .outside = INSIDE };

    learn(judge, component_names_add(&judge->names, stack));
    if (callers_find(&judge->callers, stack, &caller))
        die("out of memory");
    ret.library = judge->callers.libraries[caller->library].module;
    ret.component = component_name(judge->callers.libraries[caller->library].component);
    ret.function = caller->function;
    injection = injections_judge(judge->injections, &judge->libraries[caller->library].injections,
                                 state, abi, nr);
    if (injection) {
        ret.refuse = injection->refuse;
        ret.result = injection->result;
        ret.signal = injection->signal;
    }
    if (judge->rules && !ret.refuse)
        apply_rules(judge, caller, phase_of(judge, &caller->verdict, stack, phase), abi, nr, &ret);
    return ret;
}

const char *outside_name(enum outside outside)
{
    static const char *const names[] = { "",          "rules",  "inexact",   "unknown",
                                         "component", "loader", "unassigned" };

    return names[outside];
}
