#!/bin/bash
# php -S, with four workers: files, sessions, uploads, children, System V, sockets, archives, foreign functions.
# packages: php-cli apache2-utils curl
# program: php
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

take_ports port
website
mkdir temporary
cp "$lib/server.php" .
cp www/big.bin upload
export PHP_CLI_SERVER_WORKERS=4
start php -d sys_temp_dir="$work/temporary" -d upload_tmp_dir="$work/temporary" -d ffi.enable=1 \
    -d opcache.enable_cli=1 -S "127.0.0.1:$port" -t "$work/www" "$work/server.php"
serving "$port"
http=http://127.0.0.1:$port

for path in hash files processes shared sockets compute slow; do
    load "$(amount 2 20 200)" "$http/$path" -c 2
    get "$http/$path" || fail "no $path"
done
load "$(amount 50 500 10000)" "$http/index.html" -c 4
same www/big.bin "$http/big.bin"
for _ in {1..3}; do
    get -c cookies -b cookies "$http/session"
done
[ "$(get -F file=@upload -F word=text "$http/upload")" = "$(php -r 'echo hash_file("crc32b", "upload");') text" ] ||
    fail "the upload differs"
for wrong in error nothing; do
    status "$http/$wrong"
done
# shellcheck disable=SC2046 # several
kill -INT $(cat "/proc/$(program_pid)/task/"*/children) # as a terminal would
stop INT
