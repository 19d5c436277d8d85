#!/bin/bash
# coreutils, util-linux, findutils, procps, attr, acl, e2fsprogs, grep, sed, awk: each command that calls something special.
# packages: coreutils util-linux findutils procps attr acl e2fsprogs grep sed mawk diffutils bsdextrautils
# program: bash
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

export rounds
rounds=$(amount 1 3 40)
cat >commands <<'END'
cp d/a d/b; cp --reflink=auto --sparse=always d/a d/c; cp -a d e; mv e f; ln d/a d/l; ln -s a d/s; ln -rs d/a r; readlink -f r; realpath r
dd if=d/a of=d/dd bs=64k conv=fsync,notrunc oflag=direct; dd if=d/a of=/dev/null iflag=nocache bs=1M; truncate -s 5M t
fallocate -l 1M fa; fallocate -p -o 4096 -l 4096 fa; fallocate -c -o 0 -l 4096 fa; fallocate -z -l 4096 fa; fallocate -d fa
sync -d d/a; sync -f d/a; sync d/a; install -m 755 d/a in; mkfifo ff; mknod nn p; chmod -R u+w d; chown -R : d; touch -d @1 d/a; touch -h r
stat d/a; stat -f .; df .; du -sh d; ls -laR --color=always d; ls -Z d; shred -n1 -u f/a; rm -rf f; rmdir --parents x/y; mkdir -p x/y; link d/a k; unlink k
split -n 3 d/a; cat x?? | cmp - d/a; csplit -s d/text 5; tac d/text; sort -R d/text; sort --parallel=2 -S 50k -T . d/text; shuf -i 1-1000
sha256sum d/a; b2sum d/a; cksum d/a; wc d/a; od d/a; base64 d/a; head -c 9 d/a; timeout 0.1 tail -f d/a; tee t1 t2 <d/text; comm d/text d/text
join d/text d/text; paste d/text d/text; expand d/text; fmt d/text; pr d/text; fold d/text; nl d/text; factor 1234567890123; numfmt --to=si 1000
timeout 0.05 sleep 5; nice -n 5 true; nohup true; env -i true; stdbuf -oL ls; chroot / true; stty -a; tty; who; id; groups; uname -a; nproc; uptime
hostid; date; printenv; pathchk a; mktemp -p .; logname; users; pinky; runcon true; dircolors; yes | head -n 2000; tail -n 3 d/text; basename a; ls /none
find d -type f -newer d/b -o -perm 644 -print0 | xargs -0 -P2 -n1 ls; find . -name a -exec cat {} +; find . -xdev -empty -delete -fprint found
grep -rc x d; grep -P 'a(?=b)' d/a; sed -i s/1/b/ t1; awk 'BEGIN { "date" | getline x; system("true"); while (i++ < 999) print i | "cat" }'; diff -r d d; diff d/text t1; sdiff d/text t1; diff3 d/text t1 t2
ps axf; top -bn1; free; vmstat 1 1; pgrep bash; pmap $$; pmap -X $$; w; pidof bash; sysctl -n kernel.ostype; pwdx $$; tload -V
flock lk true; flock -n lk -c 'flock -n lk true'; setpriv --no-new-privs true; setpriv --reuid=65534 --regid=65534 --clear-groups true; setpriv -d
chrt -o 0 true; chrt -p $$; chrt -d --sched-runtime 1000000 --sched-deadline 5000000 --sched-period 5000000 0 true
ionice -c3 true; ionice -p $$; taskset 1 true; taskset -p $$; prlimit --nofile=100:100 true; prlimit; renice -n 1 $$; choom -n 0 -- true; setsid -w true
ipcs; lscpu; lsns; lsmem; lsipc; lsirq; findmnt; lsblk; lslocks; lslogins; dmesg; blockdev --report; mountpoint /; namei -l d/a; getopt -o a -- -a
logger --no-act -s hi; mcookie; hexdump -C d/a; column d/text; rev d/text; look 1 d/text; script -qec 'echo hi' /dev/null
whereis ls; last; utmpdump /dev/null; ul d/text; zramctl; losetup -a; fincore d/a; isosize d/a
unshare -r true; unshare -Urm mount -t tmpfs x /mnt; unshare -Urmuinpf --mount-proc sh -c 'hostname w; mount -t tmpfs x /mnt; ls /proc; ls /mnt; umount /mnt'
unshare -UrT --monotonic 5 true; nsenter -t $$ -m true; nsenter -t $$ -U true; unshare -UrC true; ls /proc/self/ns
chattr +d d/a; lsattr d; setfattr -n user.a -v b d/a; getfattr -d d/a; setfattr -x user.a d/a; setfacl -m u:nobody:r d/a; getfacl d/a; setfacl -b d/a; chacl -l d/a
truncate -s 8M disk; mke2fs -qFt ext4 disk; tune2fs -L name disk; dumpe2fs disk; e2fsck -fn disk; debugfs -wR 'write d/a a' disk; resize2fs disk 16M; filefrag d/a
mkswap -q disk; mkfs.minix disk; fsck.minix disk; wipefs -a disk; blkid -p disk; partx disk; e4defrag -c d/a
END

# What a command may do depends on the kernel and on who runs it: that it ran is counted, not that it succeeded.
drive <<'END'
# As root in a mount namespace of its own, so that nothing can reach the system's mounts.
[ "$(id -u)" != 0 ] || [ "${1:-}" ] || exec unshare --mount --propagation private bash -eu "$0" inside
trap - ERR
for ((round = 0; round < rounds; round++)); do
    mkdir "round$round" && cd "round$round" && mkdir d && seq 20000 >d/text && head -c 300000 /dev/zero >d/a
    while read -r line; do
        (set +eu; eval "$line") </dev/null >>../out 2>>../errors || :
        echo "$line" >>../ran
    done <../commands
    cmp d/a d/dd && cmp d/a d/c && cmp d/a in && [ d/a -ef d/l ] && cmp t2 <(seq 20000) && [ -s disk ] && [ -p ff ]
    ids=("$(ipcmk -M 4096)" "$(ipcmk -S 1)" "$(ipcmk -Q)")
    ipcrm -m "${ids[0]##* }" -s "${ids[1]##* }" -q "${ids[2]##* }"
    cd .. && rm -r "round$round"
done
wc -l <ran
END
! grep -q 'command not found' errors || fail "$(grep 'command not found' errors)"
