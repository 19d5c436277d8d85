/* inside.c - asks libinside for 3 getsid and 2 getpriority. */
int inside_second(void);
int inside_far(void);

int main(void)
{
    int sum = 0;

    for (int i = 0; i < 3; i++)
        sum += inside_second() < 0;
    for (int i = 0; i < 2; i++)
        sum += inside_far() < 0;
    return sum;
}
