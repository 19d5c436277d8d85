#!/bin/bash
# named of bind9: UDP, TCP, TLS, zone transfers, dynamic updates, DNSSEC, forwarding, statistics over HTTP, rndc.
# packages: bind9 bind9-dnsutils bind9-utils curl openssl
# program: named
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port control_port tls_port http_port
certificate
mkdir zones
rndc-confgen -a -c "$work/key" -k key -A hmac-sha256 >/dev/null 2>&1 || fail "no key"
fill_in named.conf
for zone in example signed large; do
    cp "$lib/named.zone" "zones/$zone"
done
for i in {1..300}; do
    echo "h$i A 127.1.$((i / 250)).$((i % 250))"
done >>zones/large
give bind .
ask=(dig "@127.0.0.1" -p "$port" +time=2 +tries=5)

# control COMMAND... - By rndc.
control()
{
    timeout 20 rndc -s 127.0.0.1 -p "$control_port" -k key "$@" >rndc.out 2>&1
}

signed()
{
    "${ask[@]}" signed.test dnskey +short | grep -q '^257 3'
}

named-checkconf named.conf || fail "the configuration is wrong"
read -ra user <<<"$([ "$(id -u)" != 0 ] || echo -u bind)"
start named -g -n 2 "${user[@]}" -c "$work/named.conf"
serving "$port"
await 20 signed || fail "the zone is not signed"

"${ask[@]}" w.example.test +short
"${ask[@]}" w.example.test aaaa +short
"${ask[@]}" +tcp any.example.test txt +short
"${ask[@]}" +tls -p "$tls_port" example.test mx +short
"${ask[@]}" +dnssec +bufsize=512 signed.test soa | grep -o 'status: .*, id' # truncated, and asked again by TCP
"${ask[@]}" nothing.large.test | grep -o 'status: [A-Z]*'
"${ask[@]}" a.mirror +time=1 +tries=1 | grep -o 'status: [A-Z]*'
"${ask[@]}" large.test axfr | grep -c '127\.1\.'
for _ in $(seq "$(amount 1 10 100)"); do
    printf 'h%d.large.test\n' {1..150}
done >names
"${ask[@]}" -f names +short | sort | uniq -c | wc -l
"${ask[@]}" -f names +tcp +short +keepopen | wc -l
for i in $(seq "$(amount 10 50 1000)"); do
    printf 'server 127.0.0.1 %d\nzone example.test\nupdate add d%d.example.test 60 A 127.0.0.9\nsend\n' "$port" "$i"
done | nsupdate || fail "no update"
"${ask[@]}" d7.example.test +short
curl -sSf --max-time 20 "http://127.0.0.1:$http_port/json/v1/status" >status.json && [ -s status.json ] ||
    fail "no status"

for command in status 'freeze example.test' 'thaw example.test' 'sync -clean' 'dumpdb -all' stats recursing secroots \
    flush 'querylog on' 'retransfer copy.test' 'sign signed.test' 'zonestatus signed.test' 'trace 1' notrace reconfig \
    tcp-timeouts reload; do
    # shellcheck disable=SC2086 # words
    control $command || fail "rndc $command: $(<rndc.out)"
done
! control nonsense || fail "rndc takes nonsense"
kill -HUP "$(program_pid)" # reads everything again
await 20 test -s zones/dump && await 20 test -s zones/statistics || fail "nothing is dumped"
"${ask[@]}" d7.example.test +short
stop TERM
