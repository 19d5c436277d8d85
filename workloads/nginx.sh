#!/bin/bash
# nginx, two workers: files, compression, TLS, HTTP/2, proxy and cache, threads, direct I/O, uploads, limits, reload.
# packages: nginx-light wrk curl openssl nghttp2-client
# program: nginx
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port tls_port
certificate
mkdir -m 777 www www/dav tmp cache
echo hello >www/index.html
yes 'a line that is easy to compress' | head -n 4000 >www/text.txt
head -c 3000000 /dev/urandom >www/big.bin
cat >nginx.conf <<END
$([ "$(id -u)" != 0 ] || echo "user www-data;")
daemon off; pid nginx.pid; error_log error.log info;
worker_processes 2; worker_cpu_affinity auto; thread_pool default threads=2; timer_resolution 50ms;
events { worker_connections 256; multi_accept on; accept_mutex on; }
http {
    types { text/html html; text/plain txt; }
    access_log access.log; open_file_cache max=100;
    sendfile on; tcp_nopush on; keepalive_requests 100000;
    gzip on; gzip_types text/plain;
    client_body_temp_path tmp/body; proxy_temp_path tmp/proxy;
    fastcgi_temp_path tmp/fastcgi; uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
    proxy_cache_path cache keys_zone=cache:1m;
    limit_req_zone \$binary_remote_addr zone=limit:1m rate=100000r/s;
    upstream self { server unix:nginx.sock; keepalive 4; }
    server {
        listen 127.0.0.1:$port reuseport; listen unix:nginx.sock;
        listen 127.0.0.1:$tls_port ssl http2; ssl_session_cache shared:sessions:1m;
        ssl_certificate cert.pem; ssl_certificate_key key.pem;
        root www;
        location /threads/ { alias www/; aio threads; sendfile off; }
        location /direct/ { alias www/; aio threads; directio 4k; }
        location /list/ { alias www/; autoindex on; }
        location /proxy/ { proxy_pass http://self/; proxy_http_version 1.1; proxy_set_header Connection ""; }
        location /cache/ { proxy_pass http://self/; proxy_cache cache; proxy_cache_valid 10m; }
        location /dav/ {
            dav_methods PUT DELETE MOVE MKCOL COPY; create_full_put_path on;
            client_max_body_size 10m; client_body_buffer_size 8k;
        }
        location /short { limit_req zone=limit burst=50; return 200 short; }
    }
}
END

# load URL OPTION... - Many requests, by eight connections.
load()
{
    timeout 60 h2load -n "$(amount 200 2000 50000)" -c 8 "${@:2}" "$1" >load.out 2>&1 &&
        grep -q ' 0 failed, 0 errored' load.out || fail "$1: $(<load.out)"
}

# load_short URL - Many connections, a request each.
load_short()
{
    timeout 60 wrk -t1 -c8 "-d$(amount 1s 1s 20s)" -H 'Connection: close' "$1" >load.out 2>&1 &&
        grep -q 'requests in' load.out && ! grep -qE 'Socket errors|Non-2xx' load.out || fail "$1: $(<load.out)"
}

get()
{
    curl -sSfk --max-time 20 "$@"
}

start nginx -e error.log -p "$work/" -c nginx.conf
serving "$port"
http=http://127.0.0.1:$port https=https://127.0.0.1:$tls_port

load "$http/index.html" --h1
load "$http/text.txt" --h1 -H 'Accept-Encoding: gzip'
load "$https/index.html" --h1
load "$http/proxy/index.html" --h1
load "$https/text.txt" -m 10
load_short "$http/short"

for path in big.bin threads/big.bin direct/big.bin proxy/big.bin cache/big.bin cache/big.bin; do
    get "$http/$path" | cmp -s - www/big.bin || fail "$path differs"
done
get --tls-max 1.2 "$https/big.bin" | cmp -s - www/big.bin || fail "big.bin differs over TLS"
get --http1.1 --compressed "$https/text.txt" | cmp -s - www/text.txt || fail "text.txt differs over TLS"
get -r 100-199,1000-1099 "$http/big.bin" >/dev/null && get "$http/list/" >/dev/null || fail "no ranges, or no list"
get -T www/big.bin "$http/dav/new/big.bin" && cmp -s www/big.bin www/dav/new/big.bin || fail "the upload failed"
get -X COPY -H 'Destination: /dav/copy.bin' "$http/dav/new/big.bin" &&
    get -X MOVE -H 'Destination: /dav/big.bin' "$http/dav/copy.bin" &&
    get -X DELETE "$http/dav/big.bin" || fail "the upload is not copied, moved and deleted"

kill -HUP "$(<nginx.pid)" # new workers
await 20 grep -q 'worker process [0-9]* exited with code 0' error.log || fail "it does not reload"
mv access.log access.old && kill -USR1 "$(<nginx.pid)" && await 20 test -e access.log ||
    fail "it does not reopen its log"
get "$http/index.html" >/dev/null || fail "it does not answer after the reload"
stop QUIT
[ ! -e nginx.pid ] || fail "it left its pid file"
