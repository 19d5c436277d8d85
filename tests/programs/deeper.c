/*
 * deeper.c - libdeeper's unwind information is wrong: it executes getppid once and getpgrp twice
 * itself. Who called it is guessed: from the calls that name its functions.
 */
long deeper_nothing(void);
long deeper_number(void);
long deeper_tail(void);

int main(void)
{
    deeper_nothing();
    deeper_number();
    deeper_tail();
    return 0;
}
