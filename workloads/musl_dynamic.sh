#!/bin/bash
# A program of lib/libc.c, with musl as its C library and loader.
# packages: musl-tools
# program: ./program
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

musl-gcc -O2 -Wall -Werror -o program "$lib/libc.c" || fail "musl-gcc does not build it"
mkdir files && cd files || exit
run ../program "$(amount 10 100 2000)"
[ ! "$(ls -A)" ] || fail "it left $(ls)"
