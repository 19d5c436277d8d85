#!/bin/bash
# iperf3, server and clients: TCP both ways, several streams, sendfile, UDP, congestion control, limits, errors.
# packages: iperf3
# program: iperf3
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port
megabytes=$(amount 1 8 80)
cat >both <<END
iperf3 -s -p $port -I server.pid --rcv-timeout 20000 &
server=\$!
until [ -e go ]; do sleep 0.05; done
client()
{
    for try in {1..20}; do # the server may still be busy with the one before
        ! iperf3 -c 127.0.0.1 -p $port -J "\$@" >>results.json || return 0
        sleep 0.1
    done
    return 1
}
client -n ${megabytes}M
client -n ${megabytes}M -R
client -n ${megabytes}M -P 2
client -n ${megabytes}M -Z
client -n ${megabytes}M -C cubic -M 1000 -w 64K -N -S 8
client -n ${megabytes}M --bidir -A 0,1
client -b 50M -n ${megabytes}M -l 32K --pacing-timer 500 --get-server-output
client -u -b 50M -n 500K --udp-counters-64bit
client -u -b 50M -n 500K -R -l 1400 --dont-fragment
client -n 1M -F results.json
client -t 1 -O 0 -i 0.2 -T title --logfile log
! iperf3 -c 127.0.0.1 -p 1 -J >/dev/null
kill -TERM "\$server"
wait "\$server" || [ \$? = 1 ]
[ ! -e server.pid ]
END
start bash -eu both
serving "$port"
touch go
await 200 gone "$tracer" || fail "it does not end"
wait "$tracer" || fail "it exits with $?"
[ "$(grep -c '"sum_sent"\|"sum":' results.json)" -ge 11 ] || fail "results are missing"
grep -q 'Server listening' program.log || fail "no server"
