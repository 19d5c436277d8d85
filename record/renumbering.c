/* renumbering.c - arrays from old numbers to new ones. */
#include "renumbering.h"

#include <errno.h>
#include <stdlib.h>

int renumbering_init(struct renumbering *to, const struct run *run)
{
    *to = (struct renumbering){
        .executions = calloc(run->execution_count + 1, sizeof(uint32_t)),
        .programs = calloc(run->program_count + 1, sizeof(uint32_t)),
        .phases = calloc(run->phase_count + 1, sizeof(uint32_t)),
        .modules = calloc(run->module_count + 1, sizeof(uint32_t)),
        .stacks = calloc(run->stacks.count + 1, sizeof(uint32_t)),
    };
    if (to->executions && to->programs && to->phases && to->modules && to->stacks)
        return 0;
    renumbering_deinit(to);
    return -ENOMEM;
}

void renumbering_deinit(struct renumbering *to)
{
    free(to->executions);
    free(to->programs);
    free(to->phases);
    free(to->modules);
    free(to->stacks);
}
