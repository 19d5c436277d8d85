/* tail-ambiguous.c - asks libtail-ambiguous for 3 getsid and 2 getpriority. */
int ambiguous_second(void);
int ambiguous_far(void);

int main(void)
{
    int sum = 0;

    for (int i = 0; i < 3; i++)
        sum += ambiguous_second() < 0;
    for (int i = 0; i < 2; i++)
        sum += ambiguous_far() < 0;
    return sum;
}
