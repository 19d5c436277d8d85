/*
 * ifunc.c - calls a function of libifunc 2 times, whose resolver calls getppid once. Built twice:
 * bound at the first call, in phase main, with the executable and the loader's lazy binding on the
 * stack; and bound at once, in phase load.
 */
int ifunc_value(void);

int main(void)
{
    return ifunc_value() + ifunc_value() != 84;
}
