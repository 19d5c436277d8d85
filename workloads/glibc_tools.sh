#!/bin/bash
# glibc's programs: name services, locales, character sets, time zones, the loader with its switches, auditing, caches.
# packages: libc-bin libc-dev-bin libc-devtools locales
# program: bash
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

export rounds
rounds=$(amount 1 4 60)
drive <<'END'
any() { "$@" >/dev/null 2>&1 || :; }
export PATH=$PATH:/sbin
loader=/lib64/ld-linux-x86-64.so.2

for ((round = 0; round < rounds; round++)); do
    getent passwd root nobody; getent group root; getent ahosts 127.0.0.1; getent services http/tcp
    getent hosts localhost >out; getent protocols tcp; getent initgroups root; getent passwd >out
    for database in networks rpc ethers shadow netgroup aliases gshadow; do any getent $database root; done
    fails_with 2 getent hosts no-such.invalid
    for set in UTF-16 UTF-32 ISO-8859-1 ISO-8859-15 SHIFT_JIS EUC-JP GBK BIG5 KOI8-R CP1252 ISO-2022-JP UTF-7; do
        printf abc | iconv -f UTF-8 -t $set | iconv -f $set -t UTF-8 | grep -x abc
    done
    iconv -l >out; echo 'é' | iconv -f UTF-8 -t ASCII//TRANSLIT
    printf '\377' >invalid; fails_with 1 iconv -f UTF-8 -t UTF-16 invalid
    locale -a >out; locale -k LC_TIME >out; locale -m >out
    printf '%s\n' 'LC_CTYPE' 'copy "POSIX"' >none; any localedef -i none -f UTF-8 ./none.locale
    if ((round == 0)) && [ -f /usr/share/i18n/locales/en_US ]; then localedef -c -i en_US -f ISO-8859-1 ./en_US; fi
    any env LOCPATH="$PWD" LC_ALL=en_US sort /etc/passwd
    getconf -a >out; getconf PAGESIZE; getconf NAME_MAX .; fails_with 2 getconf none
    zdump -v UTC >out; printf 'Z T 1:00 - X\nL T U\n' >zone; zic -d zones zone
    TZ="$PWD/zones/T" date -d @0 +%H:%M
    TZ=America/New_York date -d @0 +%H:%M && tzselect </dev/null >out 2>&1 || :
    gencat catalogue.cat - <<<$'$set 1\n1 hi'; wc -c <catalogue.cat
    fails_with 1 pldd 999999999
    coproc cat; pid=$COPROC_PID
    echo started >&"${COPROC[1]}" && read -r _ <&"${COPROC[0]}"
    any pldd "$pid"; kill "$pid"; wait "$pid" || :

    ldd /bin/ls >out; ldd -v /usr/bin/git >out; fails_with 1 ldd /etc/passwd
    ldconfig -p >out; echo /usr/lib/x86_64-linux-gnu >paths
    ldconfig -N -X -C ./cache -f paths; ldconfig -X -C ./cache -f paths; ldconfig -p -C ./cache >out
    [ -s cache ]
    "$loader" --list /bin/ls >out; "$loader" --help >out; "$loader" --list-tunables >out
    "$loader" --list-diagnostics >out
    "$loader" --inhibit-cache /bin/true; "$loader" --preload libm.so.6 --argv0 name /bin/true
    "$loader" --verify /bin/true
    fails_with 127 "$loader" /none; fails_with 1 "$loader" --verify /etc/passwd
    LD_DEBUG=all LD_DEBUG_OUTPUT=./debug /bin/true; rm debug.*; LD_BIND_NOW=1 /bin/true
    LD_SHOW_AUXV=1 /bin/true >out
    LD_LIBRARY_PATH=/nonexistent:/usr/lib /bin/true; LD_PRELOAD='libm.so.6 libutil.so.1' /bin/true
    LD_TRACE_LOADED_OBJECTS=1 /bin/true >out
    LD_PRELOAD=/none.so /bin/true 2>out; LD_AUDIT=/none.so /bin/true 2>out; any env LD_AUDIT=sotruss-lib.so ls
    any sotruss -f /bin/true; any env LD_PROFILE=libc.so.6 LD_PROFILE_OUTPUT=. ls
    any sprof -p libc.so.6 libc.so.6.profile
    any memusage --data=memory ls; any memusagestat memory memory.png; any mtrace /dev/null; any catchsegv true
    any xtrace true
    GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.hugetlb=1 ls >out
    MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=1 ls >out
    GLIBC_TUNABLES=glibc.rtld.optional_static_tls=1024 ls >out
    MALLOC_CHECK_=3 LD_PRELOAD=libc_malloc_debug.so.0 ls >out
    seq 100000 | sort --parallel=2 -S1M -R | wc -l
done
END
