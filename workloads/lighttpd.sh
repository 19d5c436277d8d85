#!/bin/bash
# lighttpd, two workers: files, compression, TLS, HTTP/2, CGI, SSI, proxy, passwords, throttling, logs, reload.
# packages: lighttpd lighttpd-mod-openssl lighttpd-mod-deflate apache2-utils nghttp2-client curl openssl
# program: lighttpd
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

take_ports port tls_port
certificate
website
mkdir www/list uploads cache
fill_in lighttpd.conf
# shellcheck disable=SC2016 # the variables are the scripts'
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\ncgi $QUERY_STRING\\n"\ncat\n' >www/echo.cgi
chmod 755 www/echo.cgi
printf '<!--#include virtual="/index.html" --><!--#exec cmd="echo by a shell" --><!--#fsize file="text.txt" -->\n' \
    >www/page.shtml
openssl passwd -6 -salt salt word | sed 's/^/reader:/' >passwords
give www-data .

lighttpd -tt -f lighttpd.conf || fail "the configuration is wrong"
start lighttpd -D -f lighttpd.conf
serving "$port"
http=http://127.0.0.1:$port https=https://127.0.0.1:$tls_port

load "$(amount 150 1500 20000)" "$http/index.html" -c 8 -k
load "$(amount 30 300 5000)" "$http/text.txt" -c 4
load "$(amount 10 100 2000)" "$https/index.html" -c 4
load "$(amount 10 100 2000)" "$http/proxy/index.html" -c 4
load_h2 "$(amount 50 200 5000)" "$https/text.txt" -c 4 -m 10

for path in '' slow/ proxy/; do
    same www/big.bin "$http/${path}big.bin"
done
same www/big.bin "$https/big.bin" --http1.1
for coding in gzip br; do
    for _ in 1 2; do # the second time it is in the cache
        same www/text.txt "$http/text.txt" -H "Accept-Encoding: $coding" --compressed
    done
done
for i in $(seq "$(amount 2 5 100)"); do
    get -d "body $i" "$http/echo.cgi?$i" || fail "CGI"
done
head -c 300000 /dev/zero >zeros
get --data-binary @zeros "$https/echo.cgi" | wc -c
get -H 'Transfer-Encoding: chunked' --data-binary @zeros "$http/echo.cgi" | wc -c
get "$http/page.shtml" || fail "SSI"
same www/text.txt "$http/old" -L
get -u reader:word "$http/nice/index.html"
for wrong in nice/index.html nothing echo.cgi/../../passwords; do
    status "$http/$wrong"
done
get -r 5-99,200-299 "$http/big.bin" >/dev/null && get "$http/status" >/dev/null && get "$http/list/" >/dev/null ||
    fail "no ranges, status or list"
curl -s -m 0.2 "$http/slow/big.bin" >/dev/null # the client goes away
get -I "$http/index.html" | head -n 1

mv access.log access.old
kill -HUP "$(program_pid)" # new logs
await 20 test -e access.log || fail "it does not reopen its log"
get "$http/index.html"
stop INT
