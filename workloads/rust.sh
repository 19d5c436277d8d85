#!/bin/bash
# A program in Rust, optimized, and with a shared library: threads, channels, sockets, files, processes, panics.
# packages: rustc
# program: optimized
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

/usr/bin/rustc -O -C panic=abort -o optimized "$lib/rust.rs" >rustc.log 2>&1 || fail "it is not compiled"
/usr/bin/rustc -C prefer-dynamic -o dynamic "$lib/rust.rs" >rustc.log 2>&1 || fail "it is not compiled"
export times sysroot
times=$(amount 1 30 500)
sysroot=$(/usr/bin/rustc --print sysroot)
drive <<'END'
ulimit -c 0
mkdir one two
(cd one && ../optimized "$times")
(cd two && LD_LIBRARY_PATH=$sysroot/lib ../dynamic "$times")
END
