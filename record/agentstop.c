/* agentstop.c - the words for why a call stopped, and for what became of its code. */
#include "agentstop.h"

const char *const agent_stop_names[AGENT_STOPS] = {
    [AGENT_STOP_EARLY] = "early", [AGENT_STOP_PROCESS] = "process", [AGENT_STOP_THREAD] = "thread",
    [AGENT_STOP_REST] = "rest",   [AGENT_STOP_CALL] = "call",       [AGENT_STOP_SITE] = "site",
    [AGENT_STOP_NEW] = "new",     [AGENT_STOP_STACK] = "stack",     [AGENT_STOP_CHECK] = "check",
    [AGENT_STOP_OTHER] = "other",
};

const char *const agent_form_names[AGENT_FORMS] = {
    [AGENT_FORM_ONE] = "one",
    [AGENT_FORM_HOP] = "hop",
    [AGENT_FORM_FEW] = "few",
    [AGENT_FORM_NO_CALL] = "no-call",
    [AGENT_FORM_UNDECODED] = "undecoded",
    [AGENT_FORM_UNMOVABLE] = "unmovable",
    [AGENT_FORM_JUMPED_INTO] = "jumped-into",
    [AGENT_FORM_NO_ROOM] = "no-room",
};
