#!/bin/bash
# fio: jobs of many I/O engines, io_uring and libaio among them, in processes and threads, verified; client and server.
# packages: fio
# program: fio
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

export port
size=$(amount 64k 2m 40m)
take_ports port
cat >jobs.fio <<END
[global]
directory=.
size=$size
bs=4k
rw=randrw
fallocate=none
[psync]
ioengine=psync
verify=crc32c
rw=randwrite
[sync]
ioengine=sync
fsync=8
[vsync]
ioengine=vsync
iodepth=4
[pvsync2]
ioengine=pvsync2
rwmixread=70
numjobs=2
thread
[mmap]
ioengine=mmap
verify=md5
rw=randwrite
[libaio]
ioengine=libaio
iodepth=16
iodepth_batch=4
direct=1
verify=crc32c
rw=write
[posixaio]
ioengine=posixaio
iodepth=4
[io_uring]
ioengine=io_uring
iodepth=16
verify=crc32c
rw=randwrite
[io_uring_fixed]
ioengine=io_uring
iodepth=8
fixedbufs=1
registerfiles=1
direct=1
thread
[io_uring_poll]
ioengine=io_uring
iodepth=8
sqthread_poll=1
[splice]
ioengine=splice
rw=write
[falloc]
ioengine=falloc
fallocate=none
rw=write
[ftruncate]
ioengine=ftruncate
rw=write
[filecreate]
ioengine=filecreate
nrfiles=20
filesize=4k
openfiles=1
[filestat]
ioengine=filestat
nrfiles=20
filesize=4k
openfiles=1
[filedelete]
ioengine=filedelete
nrfiles=20
filesize=4k
openfiles=1
[null]
ioengine=null
rate_iops=1000000
[odd]
ioengine=psync
rw=randrw
bsrange=512-16k
random_distribution=zipf
fadvise_hint=random
file_service_type=roundrobin
nrfiles=4
invalidate=1
sync=dsync
END
printf '[job]\nioengine=psync\nrw=randrw\nsize=%s\ndirectory=.\n' "$size" >remote.fio
drive <<'END'
fio --output=jobs.json --output-format=json jobs.fio
grep -c '"jobname"' jobs.json && grep '"error"' jobs.json | sort -u
fio --rw=randrw --size=256k --name=logged --write_bw_log=logged --write_lat_log=logged --write_iolog=trace --output=logged.out
ls logged_*.log | wc -l && fio --name=replayed --read_iolog=trace --output=replayed.out
fio --name=late --ioengine=psync --rw=write --size=64k --rate=64k --status-interval=1 --eta=never --output=late.out
fio --server="127.0.0.1,$port" >server.out 2>&1 &
server=$!
trap 'kill "$server" && wait "$server" || :' EXIT
await 30 listening "$port"
fio --client="127.0.0.1,$port" remote.fio --output=remote.out && grep -c 'err= 0' remote.out
fio --enghelp >engines && fio --cpuclock-test >/dev/null && fio --crctest=crc32c >/dev/null
fio --name=broken --rw=write --size=64k --ioengine=none >/dev/null 2>&1 && exit 1
fails_with 1 fio --name=none --rw=write --size=64k --readonly
END
