#!/bin/bash
# haproxy, master and worker with two threads: HTTP, HTTP/2, TLS, TCP by splicing, Lua, cache, checks, logs, reload.
# packages: haproxy nginx-light apache2-utils nghttp2-client curl openssl socat
# program: haproxy
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port tls_port tcp_port back_port log_port dns_port
certificate
mkdir www tmp empty
echo hello >www/index.html
head -c 2000000 /dev/urandom >www/big.bin
yes hello | head -n 5000 >www/text.txt
cat >nginx.conf <<END
daemon off; worker_processes 1; pid nginx.pid; error_log nginx.log; events {}
http {
    types { text/html html; text/plain txt; } access_log off; keepalive_requests 100000;
    client_body_temp_path tmp/body; proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi; uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
    server { listen 127.0.0.1:$back_port; listen unix:nginx.sock; root www; }
}
END
cat >hello.lua <<'END'
core.register_service("hello", "http", function(applet)
    local body = "lua " .. applet.method .. "\n"
    applet:set_status(200)
    applet:add_header("content-length", #body)
    applet:start_response()
    applet:send(body)
end)
core.register_task(function() for _ = 1, 20 do core.msleep(20) end end)
END
printf '#!/bin/sh\nexit 0\n' >check.sh
chmod 755 check.sh
echo '/old /index.html' >old.map
cat >haproxy.cfg <<END
global
    maxconn 500
    nbthread 2
    cpu-map auto:1/1-2 0-1
    $([ "$(id -u)" != 0 ] || printf 'user haproxy\n    group haproxy')
    stats socket "$work/admin.sock" mode 600 level admin expose-fd listeners
    server-state-file "$work/state"
    log 127.0.0.1:$log_port local0
    lua-load "$work/hello.lua"
    external-check
    insecure-fork-wanted
    hard-stop-after 5s
    spread-checks 5
cache pages
    total-max-size 4
    max-age 60
resolvers none
    nameserver nobody 127.0.0.1:$dns_port
    timeout resolve 100ms
peers mates
    peer me 127.0.0.1:$dns_port
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    load-server-state-from-file global
frontend http
    bind 127.0.0.1:$port
    bind "$work/front.sock" mode 666
    bind 127.0.0.1:$tls_port ssl crt "$work/both.pem" alpn h2,http/1.1
    compression algo gzip
    compression type text/plain
    stick-table type ip size 1k expire 60s store http_req_rate(10s) peers mates
    http-request track-sc0 src
    http-request set-header X-From %[src]
    http-request redirect location %[path,map(old.map)] if { path,map(old.map) -m found }
    http-request deny deny_status 403 if { path_reg ^/denied/[0-9]+$ }
    http-request use-service lua.hello if { path /lua }
    http-request use-service prometheus-exporter if { path /metrics }
    use_backend stats if { path_beg /stats }
    use_backend uncached if { path_beg /big.bin }
    default_backend cached
backend cached
    balance leastconn
    http-request cache-use pages
    http-response cache-store pages
    option httpchk GET /index.html
    server first 127.0.0.1:$back_port check inter 300ms
    server second "unix@$work/nginx.sock" check inter 300ms
    server third 127.0.0.1:$dns_port check inter 300ms backup
backend uncached
    option external-check
    external-check command "$work/check.sh"
    server first 127.0.0.1:$back_port check inter 300ms
    server named nobody.test:80 resolvers none init-addr none check
backend stats
    stats enable
    stats uri /stats
listen tcp
    mode tcp
    option tcplog
    option splice-auto
    bind 127.0.0.1:$tcp_port
    server first 127.0.0.1:$back_port send-proxy-v2-ssl disabled
    server second 127.0.0.1:$back_port
END
touch state
beside nginx -e nginx.log -p "$work/" -c nginx.conf
beside socat -u "UDP-RECV:$log_port,bind=127.0.0.1" "OPEN:received,creat,append"
await 20 test -S nginx.sock || fail "no nginx"
chmod 666 nginx.sock

# load COUNT URL OPTION... - So many requests.
load()
{
    timeout 60 ab -q -n "$1" "${@:3}" "$2" >ab.out 2>&1 && ! grep -qE 'Failed requests: *[1-9]|Non-2xx' ab.out ||
        fail "ab: $(<ab.out)"
}

get()
{
    curl -sSfk --max-time 20 "$@"
}

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
h2load -n "$(amount 50 1000 20000)" -c 4 -m 10 "$https/text.txt" >h2load.out 2>&1 && grep -q ' 0 failed' h2load.out ||
    fail "HTTP/2"
for url in "$tcp" "$http" "$https"; do
    get "$url/big.bin" | cmp -s - www/big.bin || fail "$url/big.bin differs"
done
get --compressed "$http/text.txt" | cmp -s - www/text.txt || fail "text.txt differs"
get --unix-socket front.sock http://localhost/lua || fail "Lua"
get -L "$http/old"
for wrong in denied/7 nothing; do
    curl -s -o answer -w '%{http_code}\n' --max-time 20 "$http/$wrong"
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
