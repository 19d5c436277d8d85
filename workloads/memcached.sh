#!/bin/bash
# memcached, two workers: TCP, TLS, UDP, both protocols, log watchers, crawlers, eviction, limits.
# packages: memcached libmemcached-tools openssl
# program: memcached
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port tls_port
certificate
give nobody .
start memcached -u nobody -l "notls:127.0.0.1:$port,127.0.0.1:$tls_port" -p "$port" -U "$port" -P memcached.pid -v \
    -t 2 -m 64 -c 200 -I 2m -o modern,drop_privileges,idle_timeout=60 -Z \
    -o "ssl_chain_cert=$work/cert.pem,ssl_key=$work/key.pem"
serving "$port"
servers=--servers=127.0.0.1:$port

# load NUMBER OPTION... - So many requests of each of several clients.
load()
{
    timeout 100 memcslap "$servers" --concurrency=8 --execute-number="$1" "${@:2}" >slap.log 2>&1 ||
        fail "memcslap, ${*:2}"
}

for test in set get mget; do
    load "$(amount 50 300 5000)" --test=$test --flush
done
load "$(amount 50 200 4000)" --test=set --binary

head -c 500000 /dev/urandom >blob
for round in $(seq "$(amount 20 100 1000)"); do
    head -c "$((round % 9 * 3000))" blob >"blob$round"
    memccp "$servers" "blob$round" || fail "blob$round is not taken"
done
memccp "$servers" blob && memccat "$servers" --file=got blob && cmp -s blob got ||
    fail "the blob differs"
memctouch "$servers" --expire=1000 blob && memcexist "$servers" blob && memcrm "$servers" blob ||
    fail "it is not removed"
! memcexist "$servers" blob 2>/dev/null || fail "it still exists"
memcstat "$servers" | grep -q cmd_touch || fail "no statistics"

# talk FD < COMMANDS - Says them at an open connection, up to `quit`, and prints what is answered.
talk()
{
    sed 's/$/\r/' >&"$1"
    timeout 20 cat <&"$1" | tr -d '\r'
}

exec {watcher}<>"/dev/tcp/127.0.0.1/$port" {client}<>"/dev/tcp/127.0.0.1/$port"
printf 'watch fetchers mutations evictions connevents\r\n' >&"$watcher"
read -rt 20 answer <&"$watcher" && [[ $answer = OK* ]] || fail "no watcher"
talk "$client" <"$lib/memcached.commands" >answers
exec {client}>&-
timeout 20 grep -m 1 -q 'type=item_store' <&"$watcher" || fail "the watcher sees nothing"
exec {watcher}>&-
sed -n '1,/^MN/p' answers | sed 's/^VALUE k 0 5 [0-9]*$/VALUE k 0 5 CAS/'
grep -q '^STAT maxconns 200' answers || fail "no settings"

exec {client}<>"/dev/tcp/127.0.0.1/$port"
printf 'lru_crawler metadump all\r\n' >&"$client"
timeout 20 grep -m 1 -qaE '^(END|BUSY)' <&"$client" || fail "the keys are not listed"
exec {client}>&-
printf 'set t 0 0 3\r\ntls\r\nget t\r\nquit\r\n' |
    timeout 20 openssl s_client -quiet -connect "127.0.0.1:$tls_port" 2>/dev/null | tr -d '\r'
exec {client}<>"/dev/udp/127.0.0.1/$port"
printf '\0\7\0\0\0\1\0\0get t\r\n' >&"$client" # the header is of 8 bytes
timeout 20 dd bs=1400 count=1 <&"$client" 2>/dev/null | grep -qa '^tls' || fail "no answer over UDP"
exec {client}>&-

head -c 1000 /dev/zero | tr '\0' x >value
for i in $(seq "$(amount 300 3000 30000)"); do
    printf 'set e%d 0 0 1000 noreply\r\n%s\r\n' "$i" "$(<value)"
done >stores
exec {client}<>"/dev/tcp/127.0.0.1/$port"
{ cat stores && printf 'get e1\r\nquit\r\n'; } >&"$client"
timeout 60 grep -qa END <&"$client" || fail "it does not take many values"
exec {client}>&-
for i in {1..220}; do # more than -c allows
    exec {client}<>"/dev/tcp/127.0.0.1/$port"
    clients[i]=$client
done
for client in "${clients[@]}"; do
    exec {client}>&-
done

kill -HUP "$(program_pid)" # reads its certificates again
stop TERM
