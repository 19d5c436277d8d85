/*
 * stdio.c - libprint prints 3 lines into a buffer that is flushed after main: the 1 write is the
 * executable's, in phase exit, because it flushed; libprint writes nothing. (With a terminal as
 * stdout it would be different: each line is flushed at once.)
 */
void print_line(const char *line);

int main(void)
{
    print_line("one");
    print_line("two");
    print_line("three");
    return 0;
}
