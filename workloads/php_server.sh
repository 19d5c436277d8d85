#!/bin/bash
# php -S, with four workers: files, sessions, uploads, children, System V, sockets, archives, foreign functions.
# packages: php-cli apache2-utils curl
# program: php
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port
mkdir www temporary
head -c 1000000 /dev/urandom >www/big.bin
echo hello >www/index.html
cp "$lib/server.php" .
cp www/big.bin upload
export PHP_CLI_SERVER_WORKERS=4
start php -d sys_temp_dir="$work/temporary" -d upload_tmp_dir="$work/temporary" -d ffi.enable=1 \
    -d opcache.enable_cli=1 -S "127.0.0.1:$port" -t "$work/www" "$work/server.php"
serving "$port"
http=http://127.0.0.1:$port

get()
{
    curl -sSf --max-time 20 "$@"
}

for path in hash files processes shared sockets compute slow; do
    requests=$(amount 2 20 200)
    timeout 100 ab -q -n "$requests" -c 2 "$http/$path" >ab.out 2>&1 &&
        ! grep -qE 'Failed requests: *[1-9]|Non-2xx' ab.out ||
        fail "$path: $(<ab.out)"
    get "$http/$path" || fail "no $path"
done
timeout 60 ab -q -n "$(amount 50 500 10000)" -c 4 "$http/index.html" >ab.out 2>&1 || fail "ab: $(<ab.out)"
get "$http/big.bin" | cmp -s - www/big.bin || fail "big.bin differs"
for _ in {1..3}; do
    get -c cookies -b cookies "$http/session"
done
[ "$(get -F file=@upload -F word=text "$http/upload")" = "$(php -r 'echo hash_file("crc32b", "upload");') text" ] ||
    fail "the upload differs"
for wrong in error nothing; do
    curl -s -o answer -w '%{http_code}\n' --max-time 20 "$http/$wrong"
done
# shellcheck disable=SC2046 # several
kill -INT $(cat "/proc/$(program_pid)/task/"*/children) # as a terminal would
stop INT
