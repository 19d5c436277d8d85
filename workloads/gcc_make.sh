#!/bin/bash
# make with gcc and g++: C, C++, LTO, profiles, headers, shared and static libraries, linkers, binutils, errors.
# packages: build-essential
# program: gcc
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

export sources
sources=$(amount 4 30 500)
drive <<'END'
for ((i = 1; i <= sources; i++)); do
    cat >"f$i.c" <<SOURCE
#include <math.h>
#include <stdio.h>
int f$i(int x) { int s = 0; for (int i = 0; i < x; i++) s += i * $i; return s; }
SOURCE
done
cat >main.cc <<'SOURCE'
#include "all.h"
extern "C" int f1(int);
int main()
{
    std::map<std::string, int> map;
    std::vector<int> list;
    for (int i = 0; i < 1000; i++) {
        list.push_back(f1(i));
        map[std::to_string(i)] = i;
    }
    std::sort(list.begin(), list.end());
    std::cout << list.size() + map.size() << std::endl;
}
SOURCE
printf '#include <%s>\n' algorithm iostream map string vector >all.h
cat >Makefile <<'RULES'
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
clean: ; rm -f $(objects) program
-include $(wildcard *.d)
RULES
echo 'libf.so: f1.c f2.c ; gcc -O2 -flto=2 -shared -fPIC -Wl,-soname,libf.so -o $@ $^' >shared.mk

make -s -j2 && ./program && touch f1.c && make -j2 --output-sync=target | sort
make -q && make -n clean | wc -l && make -s clean && make -s -j2 -l 100 && ./program
echo '#include <dlfcn.h>
int main() { void *h = dlopen("./libf.so", 2); return ((int (*)(int))dlsym(h, "f2"))(3) != 6; }' >loads.c
gcc -o loads loads.c && ./loads

echo '#include <stdio.h>
int main(int n, char **v) { for (int i = 0; i < 9; i++) if (i % 3) putchar(48 + i); putchar(10); return n > 1; }' >profiled.c
gcc --coverage -O1 -fprofile-generate -o profiled profiled.c && ./profiled
gcc -O2 -fprofile-use -Wno-missing-profile -o profiled profiled.c && ./profiled && gcov profiled >/dev/null 2>&1 || :
gcc -static -save-temps -o static profiled.c && ./static && ls static-*.[is]
for linker in bfd gold; do
    gcc -fuse-ld=$linker -Wl,--gc-sections,-Map=map,--build-id -o linked profiled.c && ./linked
done
gcc -fsanitize=undefined -o sanitized profiled.c && ./sanitized
ld -r -o joined.o f1.o f2.o && nm joined.o | grep -c ' T '
echo 'int f(void) { return 1 }' | tee broken.c >/dev/null
fails_with 1 gcc -c broken.c
fails_with 1 gcc -o none f1.o
fails_with 2 make -k broken.o none

cp program stripped && strip stripped && ./stripped && objcopy --only-keep-debug program program.debug
objcopy --add-gnu-debuglink=program.debug stripped && ./stripped
objdump -dS program >disassembled && readelf -aW program >read && nm -C program | c++filt >names && strings program >strings
addr2line -e program -f "$(nm program | sed -n 's/ T main$//p')" | head -n 1
ar t libf.a | wc -l && ar rcsT thin.a f*.o && ranlib libf.a && size -A program >sizes && gprof --version | head -n 1 >gprof
END
