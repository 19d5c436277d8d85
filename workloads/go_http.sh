#!/bin/bash
# A static web server in Go: HTTP, TLS, HTTP/2, Unix sockets, uploads, files, processes, pprof, a graceful end.
# packages: golang-go apache2-utils nghttp2-client curl openssl
# program: server
# phases: serving
# limit: 180
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

take_ports port tls_port
certificate
export GOFLAGS=-mod=mod GOPROXY=off GOCACHE=$work/cache GOPATH=$work/go GOTOOLCHAIN=local CGO_ENABLED=0
mkdir source
cp "$lib/go_http.go" source/server.go
echo 'module server' >source/go.mod
(cd source && go build -o ../server .) >build.log 2>&1 || fail "it is not built"
head -c 2000000 /dev/urandom >big.bin
export PATH=$work:$PATH

start "$work/server" "$port" "$tls_port"
serving "$port"
await 30 listening "$tls_port" || fail "it does not serve TLS"
http=http://127.0.0.1:$port https=https://127.0.0.1:$tls_port

requests=$(amount 200 5000 50000)
load "$requests" "$http/" -c 16 -k
load "$((requests / 5))" "$http/" -c 8
load_h2 "$requests" "$https/" -c 4 -m 10
for ((i = 0; i < $(amount 2 20 120); i++)); do
    same big.bin "$http/files/big.bin"
    same big.bin "$https/files/big.bin"
    [ "$(get --data-binary @big.bin "$http/upload")" = 2000000 ] || fail "it answers with another length"
    cmp -s big.bin upload || fail "the upload differs"
    [ "$(get -d typed "$http/process")" = "TYPED exit status 3" ] || fail "the process"
done
get -r 100-199 "$http/files/big.bin" | cmp -s - <(tail -c +101 big.bin | head -c 100) || fail "the range"
get --unix-socket socket http://localhost/
get "$http/names"
! get "$http/panic" 2>/dev/null || fail "a panic has an answer"
get "$http/debug/pprof/profile?seconds=1" -o profile || fail "it makes no profile"
get "$http/debug/pprof/goroutine?debug=1" -o goroutines || fail "it lists no goroutines"
grep -q ^goroutine goroutines || fail "there are no goroutines"
status "$http/files/none"
get "$http/slow" >slow &
sleep 0.2
stop TERM
wait "$!"
[ "$(<slow)" = slow ] || fail "a request was cut"
grep -q '^end$' program.log || fail "it does not end well"
