#!/bin/bash
# busybox, static: its shell and applets on files, archives, text and processes; httpd, wget and nc on loopback.
# packages: busybox-static
# program: busybox
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

export rounds port
rounds=$(amount 1 5 80)
take_ports port
cat >script <<'END'
set -eu
fails() { if "$@" >/dev/null 2>&1; then echo "it should fail: $*"; exit 1; fi; }
listening() { netstat -ltn | grep -q ":$1 "; }
ended() { kill -TERM "$1" && { wait "$1" || :; }; }

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    mkdir -p tree/a && for i in 1 2 3 4 5; do yes "$i" | head -c 5000 >tree/a/$i; done
    ln -s 1 tree/a/soft; ln tree/a/1 tree/a/hard; mkfifo tree/fifo; mkdir copy
    tar czf tree.tgz tree; tar xzf tree.tgz -C copy; cmp tree/a/3 copy/tree/a/3; rm tree/fifo
    find tree | cpio -o -H newc >tree.cpio 2>/dev/null; cpio -t <tree.cpio 2>/dev/null | wc -l
    find tree -type f -exec md5sum {} + | sort >sums; md5sum -c sums | wc -l
    seq 1000 | awk '{ s += $1 } END { print s }'; seq 5 | sed 's/3/x/' | xargs -n1 echo | grep x
    dd if=/dev/zero of=zeros bs=4k count=50 conv=fsync 2>/dev/null; sha512sum zeros
    gzip -k zeros; gunzip -t zeros.gz; bzip2 -k zeros; bunzip2 -c zeros.bz2 | cmp - zeros; xz -dc /dev/null
    cp -a tree tree2; mv tree2 tree3; chmod -R 700 tree3; touch -d @1 tree3/a; stat -c '%Y %a' tree3/a
    ls -lR tree3 >list; df . >list; du -s tree3 >list; rm -r tree3 copy
    ps >list; id >list; uname -a >list; date >list; free >list; uptime >list; env >list; top -b -n 1 >list
    diff tree/a/1 tree/a/2 >patch || patch -R tree/a/2 patch >/dev/null && cmp tree/a/1 tree/a/2
    sort -u tree/a/1 | uniq -c | cut -c1-9 | tr ' ' .; od -c tree/a/1 | tail -n 1
    hexdump -C tree/a/1 | head -n 1
    truncate -s 1M sparse; fallocate -l 4096 allocated; sync
    realpath tree/../tree >list; readlink tree/a/soft; mktemp >list; ip addr >list; netstat -tn >list
    route -n >list
    setsid true; timeout 5 true; taskset 1 true; renice -n 1 -p $$
    ionice >list && pidof busybox >list || :
    expr 6 '*' 7; factor 1234567; printf '2 3+p\n' | dc; echo '2^70' | bc; echo words | base64 | base64 -d
    uuencode x <sums | wc -l
    (ulimit -n 20 && ulimit -n) && (echo a; sleep 0.05; echo b) | while read -r line; do echo "$line"; done
    trap 'echo trapped' USR1 && kill -USR1 $$ && (trap 'exit 3' TERM; kill -TERM "$(sh -c 'echo $PPID')"; sleep 9) ||
        echo "status $?"
    fails cat none; fails kill -0 999999999; fails mkdir tree/a; fails rmdir tree; fails timeout 0.05 sleep 5
    printf '\033[24;80Rdd:wq\r' | vi sums >list; wc -l <sums # the terminal's answer to a question, keys
    echo q | ed sums >list; cat sums | less >list; unix2dos list; dos2unix list

    httpd -f -p "127.0.0.1:$port" -h tree & server=$!
    until listening "$port"; do sleep 0.05; done
    wget -q -O got "http://127.0.0.1:$port/a/3"; cmp got tree/a/3
    fails wget -q -O got "http://127.0.0.1:$port/none"
    printf 'GET /a/3 HTTP/1.0\r\n\r\n' | nc 127.0.0.1 "$port" | tail -c 5000 | cmp - tree/a/3; ended $server
    rm -r tree zeros* list
done
END
run busybox sh script
