# shellcheck shell=bash
# http.sh - What drives servers of HTTP: a site, requests whose answers are compared, load. Each prints what was answered.
# They use curl, ab and h2load, and trust any certificate.

# website - Makes www, with a page, a large file, and a text that shrinks.
website()
{
    mkdir -p -m 777 www
    echo hello >www/index.html
    head -c 2000000 /dev/urandom >www/big.bin
    yes 'a line that is easy to compress' | head -n 4000 >www/text.txt
}

# beside_nginx DIRECTIVE... - nginx, not under test, serves www, in a `server` with these directives.
beside_nginx()
{
    # shellcheck disable=SC2034 # the file has it
    local server="$*"
    mkdir -p -m 777 tmp
    fill_in beside_nginx.conf
    beside nginx -e nginx.log -p "$work/" -c beside_nginx.conf
}

# get URL [OPTION...] - The answer, with a status of success.
get()
{
    curl -sSfk --max-time 20 "$@"
}

# same FILE URL [OPTION...] - Gets this file; prints by which version of HTTP, and the status.
same()
{
    get -o got -w "$1: HTTP/%{http_version} %{http_code}\n" "${@:3}" "$2" && cmp -s "$1" got || fail "$2 is not $1"
}

# status URL [OPTION...] - Prints the status, whatever it is.
status()
{
    curl -sk -o answer -w '%{http_code}\n' --path-as-is --max-time 20 "${@:2}" "$1"
}

# load COUNT URL [OPTION...] - So many requests, by ab.
load()
{
    timeout 100 ab -q -n "$1" "${@:3}" "$2" >load.out 2>&1 && ! grep -qE 'Failed requests: *[1-9]|Non-2xx' load.out ||
        fail "ab: $(<load.out)"
    grep '^Complete requests' load.out
}

# load_h2 COUNT URL [OPTION...] - The same, by h2load.
load_h2()
{
    timeout 100 h2load -n "$1" "${@:3}" "$2" >load.out 2>&1 && grep -q ' 0 failed, 0 errored' load.out ||
        fail "h2load: $(<load.out)"
    grep '^requests:' load.out
}
