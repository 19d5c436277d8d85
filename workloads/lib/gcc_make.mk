# gcc_make.mk - What gcc_make.sh builds, in a directory with main.cc, all.h, shared.mk and functions f*.c.
sources := $(sort $(wildcard f*.c))
objects := $(sources:.c=.o)
all: program | shared
program: main.o libf.a
	g++ -o $@ main.o libf.a -lm -pthread
libf.a: $(objects)
	ar rcs $@ $^
main.o: main.cc all.h.gch
	g++ -O1 -g -pipe -c -o $@ $<
all.h.gch: all.h
	g++ -O1 -g -o $@ $<
%.o: %.c
	gcc -O2 -g -MMD -c -o $@ $<
shared:
	+$(MAKE) --no-print-directory -f shared.mk
clean:
	rm -f $(objects) program
-include $(wildcard *.d)
