/*
 * htmlpage.h - the page of the HTML report, with its style and script in it, before and behind the
 * data. html/embed.cmake makes it of the files in html/ when the program is built.
 */
#ifndef SYSTRACE_HTMLPAGE_H
#define SYSTRACE_HTMLPAGE_H

#include <stddef.h>

extern const unsigned char htmlpage_before[], htmlpage_behind[];
extern const size_t htmlpage_before_size, htmlpage_behind_size;

#endif
