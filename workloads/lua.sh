#!/bin/bash
# lua: files, pipes, commands, temporary files, collation, coroutines, the collector.
# packages: lua5.4
# program: lua5.4
# limit: 30
. "$(dirname "$0")/lib/workload.sh"

export lib times
times=$(amount 1 30 500)
drive <<'END'
lua5.4 "$lib/lua.lua" "$times"
luac5.4 -o compiled.luac "$lib/lua.lua"
lua5.4 compiled.luac 1 >compiled.txt
echo 'print("read")' | lua5.4 -
! lua5.4 -e 'error("raised")' 2>/dev/null
END
grep -qx 'end' compiled.txt || fail "what it compiles does not run"
