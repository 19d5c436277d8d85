#!/bin/bash
# fio: jobs of many I/O engines, io_uring and libaio among them, in processes and threads, verified; client and server.
# packages: fio
# program: fio
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export size port
size=$(amount 64k 2m 40m)
take_ports port
cp "$lib/jobs.fio" .
printf '%s\n' '[job]' ioengine=psync rw=randrw "size=$size" directory=. >remote.fio
drive <<'END'
fio --output=jobs.json --output-format=json jobs.fio
grep -c '"jobname"' jobs.json
grep '"error"' jobs.json | sort -u

logs=(--write_bw_log=logged --write_lat_log=logged --write_iolog=trace)
fio --rw=randrw --size=256k --name=logged "${logs[@]}" --output=logged.out
ls logged_*.log | wc -l
fio --name=replayed --read_iolog=trace --output=replayed.out
fio --name=late --rw=write --size=64k --rate=128k --status-interval=200ms --eta=never --output=late.out

fio --server="127.0.0.1,$port" >server.out 2>&1 &
server=$!
trap 'kill "$server" && wait "$server" || :' EXIT
await 30 listening "$port"
fio --client="127.0.0.1,$port" remote.fio >remote.out
grep -c 'err= 0' remote.out

fio --enghelp >engines
fio --cpuclock-test >/dev/null || [ $? = 1 ] # what it says of the clocks of this machine is no matter
fio --crctest=crc32c >/dev/null
fails_with 1 fio --name=broken --rw=write --size=64k --ioengine=none
fails_with 1 fio --name=none --rw=write --size=64k --readonly
END
