#!/bin/bash
# A program of lib/libc.c, linked statically with glibc.
# packages: gcc libc6-dev
# program: ./program
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

gcc -static -O2 -Wall -Werror -o program "$lib/libc.c" || fail "gcc does not build it"
mkdir files && cd files || exit
run ../program "$(amount 10 100 2000)"
[ ! "$(ls -A)" ] || fail "it left $(ls)"
