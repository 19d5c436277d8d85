/* libmoved.h - each function has a page to itself, which can be moved. */
#ifndef LIBMOVED_H
#define LIBMOVED_H

long moved_one(long nr);
long moved_two(long nr);
long moved_three(long nr);

#endif
