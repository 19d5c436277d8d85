#!/bin/bash
# python3 -m http.server, with a thread for each connection: files, lists, errors, CGI programs by fork().
# packages: python3 curl apache2-utils
# program: python3
# phases: serving
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

take_ports port
mkdir -p www/list www/cgi-bin
touch www/list/{one,two,three}
echo hello >www/hello.txt
head -c 500000 /dev/urandom >www/big.bin
cat >www/cgi-bin/echo.py <<'END'
#!/usr/bin/python3 -I
import os, sys
print('Content-Type: text/plain\n')
print(os.environ['REQUEST_METHOD'], os.environ['QUERY_STRING'])
sys.stdout.flush()
sys.stdout.buffer.write(sys.stdin.buffer.read(int(os.environ.get('CONTENT_LENGTH') or 0)))
END
chmod 755 www/cgi-bin/echo.py
url=http://127.0.0.1:$port

get()
{
    curl -sSf --max-time 20 "$@"
}

# status STATUS OPTION... - Is this the answer?
status()
{
    [ "$(curl -s -o answer -w '%{http_code}' --max-time 20 "${@:2}")" = "$1" ] || fail "no status $1 of ${*:2}"
}

start python3 -I -B -m http.server --cgi --bind 127.0.0.1 -d www "$port"
serving "$port"
ab -q -n "$(amount 50 400 6000)" -c 8 "$url/hello.txt" >ab.log 2>&1
grep -q '^Failed requests: *0$' ab.log || fail "requests failed"
for ((i = 0; i < $(amount 5 40 400); i++)); do
    get "$url/big.bin" | cmp -s - www/big.bin || fail "big.bin differs"
done
for ((i = 0; i < $(amount 2 10 200); i++)); do
    [ "$(get -d posted "$url/cgi-bin/echo.py?a=$i")" = "POST a=$i"$'\nposted' ] || fail "no answer by CGI"
done
get "$url/list/" | grep -o '<a href="[a-z]*"'
status 301 "$url/list"
status 200 -I "$url/hello.txt"
status 304 -z www/hello.txt "$url/hello.txt"
status 404 "$url/nothing"
status 000 "$url/../../etc/passwd" --path-as-is # an exception there
status 403 "$url/cgi-bin/"
status 501 -X BREW "$url/hello.txt"
printf 'GET / HTTP/9.9\r\n\r\n' >/dev/tcp/127.0.0.1/"$port"
stop TERM 143
