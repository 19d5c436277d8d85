#!/bin/bash
# haproxy, master and worker with two threads: HTTP, HTTP/2, TLS, TCP by splicing, Lua, cache, checks, logs, reload.
# packages: haproxy nginx-light apache2-utils nghttp2-client curl openssl socat
# program: haproxy
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

take_ports port tls_port tcp_port back_port log_port dns_port
certificate
website
cp "$lib/haproxy.lua" hello.lua
fill_in haproxy.cfg
printf '#!/bin/sh\nexit 0\n' >check.sh
chmod 755 check.sh
echo '/old /index.html' >old.map
touch state
beside_nginx "listen 127.0.0.1:$back_port; listen unix:nginx.sock;"
beside socat -u "UDP-RECV:$log_port,bind=127.0.0.1" "OPEN:received,creat,append"
await 20 test -S nginx.sock || fail "no nginx"
chmod 666 nginx.sock

# ask COMMAND - What the server answers at its socket.
ask()
{
    timeout 20 socat - UNIX-CONNECT:admin.sock <<<"$1"
}

haproxy -c -q -f haproxy.cfg || fail "the configuration is wrong"
start haproxy -W -db -f haproxy.cfg
serving "$port"
http=http://127.0.0.1:$port https=https://127.0.0.1:$tls_port tcp=http://127.0.0.1:$tcp_port
await 20 get "$http/index.html" && await 20 get "$http/big.bin" || fail "it does not see the servers behind"

load "$(amount 100 3000 40000)" "$http/index.html" -c 8 -k
load "$(amount 20 400 5000)" "$https/index.html" -c 4
load "$(amount 50 1000 10000)" "$tcp/index.html" -c 4
load_h2 "$(amount 50 1000 20000)" "$https/text.txt" -c 4 -m 10
for url in "$tcp" "$http" "$https"; do
    same www/big.bin "$url/big.bin"
done
same www/text.txt "$http/text.txt" --compressed
get --unix-socket front.sock http://localhost/lua || fail "Lua"
get -L "$http/old"
for wrong in denied/7 nothing; do
    status "$http/$wrong"
done
get "$http/stats;csv" | grep -c '^cached,' && get "$http/metrics" | grep -c "^haproxy_process_nbthread " ||
    fail "no statistics"
ask 'show info' | grep -E '^(Nbthread|Maxconn)'
ask 'show servers state' >state
for command in 'disable server cached/second' 'enable server cached/second' 'set weight cached/first 50%' 'show sess' \
    'show table http' 'show fd' 'show cache' 'show map' 'set maxconn global 400' 'show threads' \
    'show resolvers' 'nonsense'; do
    ask "$command" >answer && [ -s answer ] || fail "no answer to $command"
done

kill -USR2 "$(program_pid)" # the master executes itself, and has a new worker
await 20 grep -q 'Former worker ([0-9]*) exited' program.log || fail "it does not reload"
await 20 get "$http/index.html" || fail "it does not answer after the reload"
[ -s received ] || fail "no logs"
stop TERM
