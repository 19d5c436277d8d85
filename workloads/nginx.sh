#!/bin/bash
# nginx, two workers: files, compression, TLS, HTTP/2, proxy and cache, threads, direct I/O, uploads, limits, reload.
# packages: nginx-light wrk curl openssl nghttp2-client
# program: nginx
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

take_ports port tls_port
certificate
website
mkdir -m 777 www/dav tmp cache
fill_in nginx.conf

# load_wrk URL - By wrk, which knows no number of requests, only a time.
load_wrk()
{
    timeout 60 wrk -t1 -c8 "-d$(amount 1s 1s 20s)" -H 'Connection: close' "$1" >load.out 2>&1 &&
        grep -q 'requests in' load.out && ! grep -qE 'Socket errors|Non-2xx' load.out || fail "$1: $(<load.out)"
}

start nginx -e error.log -p "$work/" -c nginx.conf
serving "$port"
http=http://127.0.0.1:$port https=https://127.0.0.1:$tls_port

requests=$(amount 200 2000 50000)
load_h2 "$requests" "$http/index.html" -c 8 --h1
load_h2 "$requests" "$http/text.txt" -c 8 --h1 -H 'Accept-Encoding: gzip'
load_h2 "$requests" "$https/index.html" -c 8 --h1
load_h2 "$requests" "$http/proxy/index.html" -c 8 --h1
load_h2 "$requests" "$https/text.txt" -c 8 -m 10
load_wrk "$http/short" # many connections, a request each

for path in '' threads/ direct/ proxy/ cache/ cache/; do
    same www/big.bin "$http/${path}big.bin"
done
same www/big.bin "$https/big.bin" --tls-max 1.2
same www/text.txt "$https/text.txt" --http1.1 --compressed
for wrong in nothing dav/nothing ../nginx.conf; do
    status "$http/$wrong"
done
get -r 100-199 "$http/big.bin" | wc -c
get "$http/list/" | grep -o '<a href="[^"]*"'
get -T www/big.bin "$http/dav/new/big.bin" && cmp -s www/big.bin www/dav/new/big.bin || fail "the upload failed"
status "$http/dav/new/big.bin" -X COPY -H 'Destination: /dav/copy.bin'
status "$http/dav/copy.bin" -X MOVE -H 'Destination: /dav/big.bin'
status "$http/dav/big.bin" -X DELETE

kill -HUP "$(<nginx.pid)" # new workers
await 20 grep -q 'worker process [0-9]* exited with code 0' error.log || fail "it does not reload"
mv access.log access.old && kill -USR1 "$(<nginx.pid)" && await 20 test -e access.log ||
    fail "it does not reopen its log"
same www/index.html "$http/index.html"
stop QUIT
[ ! -e nginx.pid ] || fail "it left its pid file"
