/*
 * wrong-cfi.c - libwrong-cfi's unwind information is wrong: it executes getppid once and getpgrp
 * twice itself. Who called it is guessed: from the calls that name its functions.
 */
long wrong_cfi_nothing(void);
long wrong_cfi_number(void);
long wrong_cfi_tail(void);

int main(void)
{
    wrong_cfi_nothing();
    wrong_cfi_number();
    wrong_cfi_tail();
    return 0;
}
