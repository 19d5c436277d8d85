/*
 * source.h - where the name of a function comes from: which table of which file.
 */
#ifndef SYSTRACE_SOURCE_H
#define SYSTRACE_SOURCE_H

/* From the most to the least telling, but for the last two, which compete with no other. Written
 * to run files by name. */
enum source {
    SOURCE_SYMTAB,     /* .symtab of the module's file */
    SOURCE_DEBUG_FILE, /* .symtab of its separate debug file */
    SOURCE_DEBUGDATA,  /* the small one that is compressed in .gnu_debugdata */
    SOURCE_DYNSYM,     /* .dynsym: what the file exports, and no more */
    SOURCE_GO,         /* .gopclntab, Go's own */
    SOURCE_PERF_MAP,   /* what the program says of code that it made (perfmap.h) */
    SOURCES            /* how many there are */
};

/* The word for it in run files ("symtab"); its inverse, or -1. */
const char *source_name(enum source source);
int source_parse(const char *name);

#endif
