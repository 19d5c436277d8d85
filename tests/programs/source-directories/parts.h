/* parts.h - the functions of the parts of one program, each in a directory of its own. */
#ifndef PARTS_H
#define PARTS_H

#ifdef __cplusplus
extern "C" {
#endif

int a_ask(void);
int b_ask(void);
int b_call(int (*function)(void));
int cxx_ask(void);

/* What all add their results to, so that none is thrown away. */
extern volatile unsigned parts_result;

#ifdef __cplusplus
}
#endif

#endif
