#!/bin/bash
# php's command line, interpreted and compiled: streams, sockets, TLS, processes, signals, System V, locks, sessions.
# packages: php-cli openssl
# program: php
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

certificate
export lib times
times=$(amount 1 10 120)
drive <<'END'
# run NAME SETTING... - In a directory of its own.
run()
{
    mkdir "$1"
    cd "$1"
    printf '%s\n' "${@:2}" >php.ini
    PHP_INI_SCAN_DIR=:. php -d display_errors=stderr "$lib/php.php" "$times"
    cd ..
}
mkdir cached
run interpreted opcache.enable_cli=0
run compiled opcache.enable_cli=1 opcache.jit=tracing opcache.jit_buffer_size=16M
run filed opcache.enable_cli=1 opcache.file_cache="\"$PWD/cached\"" opcache.file_cache_only=1
run loaded opcache.enable_cli=1 opcache.file_cache="\"$PWD/cached\"" opcache.file_cache_only=1
echo '<?php echo "read\n";' | php
END
[ -n "$(find cached -name 'php.php.bin')" ] || fail "it keeps no bytecode"
