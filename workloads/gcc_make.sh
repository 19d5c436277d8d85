#!/bin/bash
# make with gcc and g++: C, C++, LTO, profiles, headers, shared and static libraries, linkers, binutils, errors.
# packages: gcc g++ make libc6-dev
# program: gcc
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

for ((i = 1; i <= $(amount 3 30 500); i++)); do
    printf '%s\n' '#include <math.h>' '#include <stdio.h>' \
        "int f$i(int x) { int s = 0; for (int i = 0; i < x; i++) s += i * $i; return s; }" >"f$i.c"
done
printf '#include <%s>\n' algorithm iostream map string vector >all.h
cp "$lib/gcc_make.cc" main.cc
cp "$lib/gcc_make.mk" Makefile
echo 'libf.so: f1.c f2.c ; gcc -O2 -flto=2 -shared -fPIC -Wl,-soname,libf.so -o libf.so f1.c f2.c' >shared.mk
echo '#include <dlfcn.h>
int main() { void *h = dlopen("./libf.so", 2); return ((int (*)(int))dlsym(h, "f2"))(3) != 6; }' >loads.c
echo '#include <stdio.h>
int main(int n, char **v) { for (int i = 0; i < 9; i++) if (i % 3) putchar(48 + i); putchar(10); return n > 1; }' \
    >profiled.c
echo 'int f(void) { return 1 }' >broken.c
drive <<'END'
make -s -j2; ./program
touch f1.c; make -j2 --output-sync=target | sort
make -q; make -n clean | wc -l
make -s clean; make -s -j2 -l 100; ./program
gcc -o loads loads.c; ./loads

gcc --coverage -O1 -fprofile-generate -o profiled profiled.c; ./profiled
gcov profiled >covered; grep -c '^Lines executed:100' covered
gcc -O2 -fprofile-use -Wno-missing-profile -o profiled profiled.c; ./profiled
gcc -static -save-temps -o static profiled.c; ./static; ls static-*.[is]
for linker in bfd gold; do
    gcc -fuse-ld=$linker -Wl,--gc-sections,-Map=map,--build-id -o linked profiled.c; ./linked
done
gcc -fsanitize=undefined -o sanitized profiled.c; ./sanitized
ld -r -o joined.o f1.o f2.o; nm joined.o | grep -c ' T '
fails_with 1 gcc -c broken.c
fails_with 1 gcc -o none f1.o
fails_with 2 make -k broken.o none

cp program stripped; strip stripped; ./stripped
objcopy --only-keep-debug program program.debug
objcopy --add-gnu-debuglink=program.debug stripped; ./stripped
objdump -dS program >disassembled
readelf -aW program >read
nm -C program | c++filt >names
strings program >strings
addr2line -e program -f "$(nm program | sed -n 's/ T main$//p')" | head -n 1
ar t libf.a | wc -l; ar rcsT thin.a f*.o; ranlib libf.a
size -A program >sizes
gprof --version >version
END
