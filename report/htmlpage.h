/*
 * htmlpage.h - the pages of the HTML report, of what differs, of compartments and of what is
 * needed, with style and script in them, before and behind the data. html/embed.cmake makes them of
 * the files in html/ when the program is built.
 */
#ifndef SYSTRACE_HTMLPAGE_H
#define SYSTRACE_HTMLPAGE_H

#include <stddef.h>

extern const unsigned char htmlpage_before[], htmlpage_behind[];
extern const size_t htmlpage_before_size, htmlpage_behind_size;
extern const unsigned char diffpage_before[], diffpage_behind[];
extern const size_t diffpage_before_size, diffpage_behind_size;
extern const unsigned char surfacepage_before[], surfacepage_behind[];
extern const size_t surfacepage_before_size, surfacepage_behind_size;
extern const unsigned char probepage_before[], probepage_behind[];
extern const size_t probepage_before_size, probepage_behind_size;

#endif
