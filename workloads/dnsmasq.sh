#!/bin/bash
# dnsmasq: names of its own by UDP and, in children, TCP; forwarding to another; cache, TFTP, hosts read again, logs.
# packages: dnsmasq-base bind9-dnsutils curl
# program: dnsmasq
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port other_port
mkdir tftp hosts.d
echo boot >tftp/boot
for i in {1..200}; do
    echo "127.2.0.$i h$i.lan"
done >hosts
echo '127.3.0.1 extra.lan' >hosts.d/extra
seq -f '0.0.0.0 ad%g.test' "$(amount 1000 5000 50000)" >ads
fill_in dnsmasq.conf
give nobody .
beside dnsmasq -k -p "$other_port" -a 127.0.0.1 -z -C /dev/null -R -h -x "$work/other.pid" --address=/far.test/127.4.0.1
await 20 listening "$other_port" || fail "the other does not listen"
ask=(dig "@127.0.0.1" -p "$port" +time=2 +tries=5)

dnsmasq --test -C dnsmasq.conf 2>/dev/null || fail "the configuration is wrong"
start dnsmasq -k -C "$work/dnsmasq.conf"
serving "$port"
for _ in $(seq "$(amount 1 4 60)"); do
    printf 'h%d.lan\n' {1..150}
done >names
"${ask[@]}" -f names +short | sort | uniq -c | wc -l
for i in $(seq "$(amount 5 20 300)"); do
    "${ask[@]}" +tcp "h$((i % 150 + 1)).lan" +short
done | sort -u | wc -l
seq -f 'n%g.far.test' "$(amount 30 150 3000)" >far
"${ask[@]}" -f far +short | sort | uniq -c
for query in '+tcp x.a.test' 't.lan txt' '_x._tcp.lan srv' 'alias.lan a' 'lan mx' 'extra.lan' 'w.auth.test' \
    '-x 127.2.0.9' 'ad77.test' '+tcp n1.far.test' 'chaos txt cachesize.bind' 'chaos txt version.bind'; do
    # shellcheck disable=SC2086 # words
    "${ask[@]}" $query +short
done
"${ask[@]}" nothing.lan | grep -o 'status: [A-Z]*'
"${ask[@]}" nothing.elsewhere | grep -o 'status: [A-Z]*'

echo '127.3.0.2 more.lan' >hosts.d/more # it watches the directory
more()
{
    "${ask[@]}" more.lan +short | grep -q 127.3.0.2
}
await 20 more || fail "it does not see the new file"
echo '127.2.1.1 h201.lan' >>hosts
mv queries queries.old
for signal in HUP USR1 USR2; do # reads again, dumps statistics, reopens the log
    kill -s $signal "$(program_pid)"
    sleep 0.1
done
"${ask[@]}" h201.lan +short
await 20 test -s queries && cat queries queries.old | grep -q 'cache size' || fail "no statistics, or no log"
stop TERM
