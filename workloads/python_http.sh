#!/bin/bash
# python3 -m http.server, with a thread for each connection: files, lists, errors, CGI programs by fork().
# packages: python3 curl apache2-utils
# program: python3
# phases: serving
# limit: 120
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

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

start python3 -I -B -m http.server --cgi --bind 127.0.0.1 -d www "$port"
serving "$port"
load "$(amount 50 400 6000)" "$url/hello.txt" -c 8
for ((i = 0; i < $(amount 5 40 400); i++)); do
    same www/big.bin "$url/big.bin"
done
for ((i = 0; i < $(amount 2 10 200); i++)); do
    [ "$(get -d posted "$url/cgi-bin/echo.py?a=$i")" = "POST a=$i"$'\nposted' ] || fail "no answer by CGI"
done
get "$url/list/" | grep -o '<a href="[a-z]*"'
status "$url/list"
status "$url/hello.txt" -I
status "$url/hello.txt" -z www/hello.txt
for wrong in nothing ../../etc/passwd cgi-bin/; do # an exception at the second
    status "$url/$wrong"
done
status "$url/hello.txt" -X BREW
printf 'GET / HTTP/9.9\r\n\r\n' >/dev/tcp/127.0.0.1/"$port"
stop TERM 143
