/* judge.c - finds the caller of a call, and what the user's rules say of the two. */
#include "judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "record/escape.h"
#include "report/errnoname.h"

static bool has_phases(const struct rules *rules)
{
    for (size_t i = 0; rules && i < rules->count; i++)
        if (rules->compartments[i].phase_count)
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

int judge_init(struct judge *judge, const struct injections *injections, const struct rules *rules,
               const struct run *run, const struct images *images)
{
    char error[CALLSET_ERROR_MAX];

    *judge = (struct judge){ .injections = injections, .rules = rules };
    phase_code_init(&judge->at_exit, &judge->exits, run, images);
    if (callset_parse(&judge->always, "restart_syscall", error))
        return -ENOMEM;
    return has_phases(rules) ? list_exits(&judge->exits) : 0;
}

void judge_deinit(struct judge *judge)
{
    phase_code_deinit(&judge->at_exit);
    phase_rules_deinit(&judge->exits);
    callers_deinit(&judge->callers);
    free(judge->libraries);
}

/* ---- Libraries ---- */

/* Of what no compartment names the loader is nobody's, and the runtime libraries are their owner's,
 * who has the loader too. */
static void assign(const struct rules *rules, struct judged_library *library, const char *name,
                   bool runtime, bool loader)
{
    library->compartment = rules_naming(rules, name);
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
    const struct module *module = &judge->callers.run->modules[library->module];
    struct judged_library ret = { .outside = INSIDE };
    char *name = escape(module->name);

    if (!name)
        die("out of memory");
    ret.injections = injections_about(judge->injections, name);
    if (judge->rules && library->module == MODULE_UNKNOWN)
        ret.outside = OUTSIDE_UNKNOWN;
    else if (judge->rules)
        assign(judge->rules, &ret, name, callers_is_runtime(&judge->callers, number),
               library_is_loader(module));
    free(name);
    return ret;
}

/* There are modules that were not there before, which may change who asks on any stack. */
static bool is_outdated(const struct judge *judge, const struct run *run)
{
    return judge->callers.module_count != run->module_count ||
           judge->callers.symbol_count != run->symbol_count ||
           judge->callers.inlined_count != run->inlined_count;
}

static void renew(struct judge *judge, struct run *run, const struct table_options *options)
{
    int error = judge->callers.run ? callers_renew(&judge->callers, NULL)
                                   : callers_init(&judge->callers, run, options);
    size_t count = judge->callers.library_count;
    struct judged_library *libraries =
        error ? NULL : reallocarray(judge->libraries, count, sizeof(*libraries));

    if (!libraries)
        die("out of memory");
    judge->libraries = libraries;
    for (uint32_t i = 0; i < count; i++)
        libraries[i] = judge_library(judge, i);
}

/* ---- Calls ---- */

static const char *phase_of(struct judge *judge, const struct run *run,
                            const struct verdict *verdict, uint32_t stack, uint32_t phase)
{
    if (verdict->phase == PHASE_MAIN && judge->exits.count &&
        phase_code_under(&judge->at_exit, stack))
        return phase_name(PHASE_EXIT);
    return verdict->phase == PHASE_MAIN && phase ? run->phases[phase] : phase_name(verdict->phase);
}

/* Is it the runtime library that makes the call whose it is, for that has an owner? */
static bool is_issuers(const struct judge *judge, const struct caller *caller)
{
    return judge->rules->runtime_owned && callers_is_runtime(&judge->callers, caller->issuer);
}

static void apply_rules(const struct judge *judge, const struct caller *caller, const char *phase,
                        enum abi abi, uint32_t nr, struct ruling *ret)
{
    bool by_issuer = is_issuers(judge, caller);
    const struct judged_library *maker =
        &judge->libraries[by_issuer ? caller->issuer : caller->library];

    ret->compartment = maker->compartment;
    ret->outside = maker->outside;
    if (callset_has(&judge->always, abi, nr))
        ret->outside = INSIDE;
    else if (maker->compartment && !rules_allow(maker->compartment, phase, abi, nr))
        ret->outside = caller->verdict.inexact && !by_issuer ? OUTSIDE_INEXACT : OUTSIDE_RULES;
    ret->action = maker->compartment ? maker->compartment->action : judge->rules->action;
    if (ret->outside != OUTSIDE_RULES && !judge->rules->deny_unknown)
        ret->action.kind = RULES_LOG;
    if (ret->outside == INSIDE || ret->action.kind == RULES_LOG)
        return;
    ret->refuse = true;
    ret->result = -ret->action.error;
}

struct ruling judge_call(struct judge *judge, struct run *run, const struct table_options *options,
                         uint32_t stack, uint32_t phase, struct injection_state *state,
                         enum abi abi, uint32_t nr)
{
    const struct injection *injection;
    const struct caller *caller;
    struct ruling ret = { .outside = INSIDE };

    if (is_outdated(judge, run))
        renew(judge, run, options);
    if (callers_find(&judge->callers, stack, &caller))
        die("out of memory");
    ret.library = judge->callers.libraries[caller->library].module;
    ret.line = caller->line;
    injection = injections_judge(judge->injections, &judge->libraries[caller->library].injections,
                                 state, abi, nr);
    if (injection) {
        ret.refuse = injection->refuse;
        ret.result = injection->result;
        ret.signal = injection->signal;
    }
    if (judge->rules && !ret.refuse)
        apply_rules(judge, caller, phase_of(judge, run, &caller->verdict, stack, phase), abi, nr,
                    &ret);
    return ret;
}

const char *outside_name(enum outside outside)
{
    static const char *const names[] = {
        "", "rules", "inexact", "unknown", "loader", "unassigned"
    };

    return names[outside];
}

const char *rules_action_name(const struct rules_action *action)
{
    const char *name = action->kind == RULES_ERRNO ? errno_name(action->error) : NULL;

    if (action->kind == RULES_ERRNO)
        return name ? name : "errno";
    return action->kind == RULES_KILL ? "kill" : "log";
}
