#!/bin/bash
# coreutils, util-linux, findutils, procps, attr, acl, e2fsprogs, grep, sed, awk: all that call something special.
# packages: coreutils util-linux findutils procps attr acl e2fsprogs grep sed mawk diffutils bsdextrautils
# program: bash
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

export rounds
rounds=$(amount 1 3 40)
grep '^[^#]' "$lib/coreutils.commands" >commands

# What a command may do depends on the kernel and on who runs it: that it ran is counted, not that it succeeded.
drive <<'END'
# As root in namespaces of its own: nothing can reach the system's mounts and name.
[ "$(id -u)" != 0 ] || [ "${1:-}" ] ||
    exec unshare --mount --uts --propagation private bash -eu "$0" inside
trap - ERR
for ((round = 0; round < rounds; round++)); do
    mkdir round
    cd round
    mkdir d
    seq 20000 >d/text
    head -c 300000 /dev/zero >d/a
    while read -r line; do
        (set +eu; eval "$line") </dev/null >>../out 2>>../errors || :
        echo "$line" >>../ran
    done <../commands
    for copy in d/dd d/c in; do
        cmp d/a "$copy"
    done
    cmp t2 <(seq 20000)
    [ d/a -ef d/l ]
    [ -s disk ]
    [ -p ff ]
    ids=("$(ipcmk -M 4096)" "$(ipcmk -S 1)" "$(ipcmk -Q)")
    ipcrm -m "${ids[0]##* }" -s "${ids[1]##* }" -q "${ids[2]##* }"
    cd ..
    rm -r round
done
wc -l <ran
END
! grep -q 'command not found' errors || fail "$(grep 'command not found' errors)"
