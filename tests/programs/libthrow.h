// libthrow.h - throws an int through `frames` frames of libthrow, in each of which a destructor
// calls getpgrp.
void throw_through(int frames);
