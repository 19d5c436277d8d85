/* words FILE... - How many words each file has. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

static long words(FILE *file)
{
    long count = 0;
    bool inside = false;
    for (int c; (c = getc(file)) != EOF; inside = !isspace(c))
        count += !inside && !isspace(c);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "r");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        printf("%ld %s\n", words(file), argv[i]);
        fclose(file);
    }
    return 0;
}
