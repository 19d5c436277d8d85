#!/bin/bash
# curl against nginx: HTTP/1.1, HTTP/2, TLS, sockets, uploads, ranges, parallel, cookies, resuming, files, errors.
# packages: curl nginx-light openssl
# program: curl
# limit: 90
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

export rounds retries port tls_port
rounds=$(amount 1 4 60)
retries=$(amount 0 1 1)
take_ports port tls_port
certificate
website
mkdir -m 777 www/dav
echo "user:{PLAIN}secret" >users
beside_nginx "
    listen 127.0.0.1:$port; listen unix:nginx.sock; gzip on; gzip_types text/plain;
    listen 127.0.0.1:$tls_port ssl http2; ssl_certificate cert.pem; ssl_certificate_key key.pem;
    location /dav/ { dav_methods PUT DELETE; client_max_body_size 9m; }
    location /moved { return 302 /text.txt; }
    location /cookie { add_header Set-Cookie a=b; return 200 ok; }
    location /private/ { alias www/; auth_basic private; auth_basic_user_file users; }
    location /slow/ { alias www/; limit_rate 1k; }"
await 30 listening "$tls_port" || fail "nginx does not serve"

drive <<'END'
http=http://127.0.0.1:$port https=https://localhost:$tls_port
get() { curl -sSf --max-time 20 "$@"; }
safely() { get --resolve "localhost:$tls_port:127.0.0.1" --cacert cert.pem "$@"; }

for ((round = 0; round < rounds; round++)); do
    get "$http/big.bin" -o got; cmp got www/big.bin
    safely "$https/big.bin" -o got; cmp got www/big.bin
    safely --http1.1 --tls-max 1.2 "$https/big.bin" -o got; cmp got www/big.bin
    safely "$https/text.txt" --compressed | cmp - www/text.txt
    get --http2 "$http/text.txt" | cmp - www/text.txt
    get --unix-socket nginx.sock http://localhost/text.txt | cmp - www/text.txt
    get -L "$http/moved" | cmp - www/text.txt
    get -x "$http" http://elsewhere.invalid/text.txt | cmp - www/text.txt
    get --interface 127.0.0.1 --tcp-fastopen --keepalive-time 5 "$http/text.txt" | cmp - www/text.txt
    get "file://${PWD// /%20}/www/text.txt" | cmp - www/text.txt

    get -T www/big.bin "$http/dav/new.bin"; cmp www/dav/new.bin www/big.bin
    get -T - -H 'Expect: 100-continue' "$http/dav/new.bin" <www/text.txt; cmp www/dav/new.bin www/text.txt
    get -X DELETE "$http/dav/new.bin"; fails_with 22 get "$http/dav/new.bin"
    get -c jar "$http/cookie" -o got; get -b jar -c jar "$http/cookie" -o got; grep -q a jar
    get -F field=@www/text.txt -F word=value "$http/cookie" -o got
    get --data-binary @www/text.txt "$http/cookie" -o got

    [ "$(get -r 0-99 "$http/big.bin" | wc -c)" = 100 ]
    head -c 1000000 www/big.bin >part; get -C - "$http/big.bin" -o part; cmp part www/big.bin
    get -Z --parallel-max 4 "$http/text.txt?[1-8]" -o 'deep/got#1' --create-dirs; cmp deep/got8 www/text.txt
    safely -Z "$https/text.txt?[1-8]" -o 'deep/got#1'; cmp deep/got8 www/text.txt
    get -R -D headers --limit-rate 20M --xattr "$http/big.bin" -o got; [ ! got -nt www/big.bin ]
    get --etag-save etag "$http/text.txt" -o got; get --etag-compare etag "$http/text.txt" -o got
    get -z www/text.txt -w '%{http_code}\n' "$http/text.txt" -o got
    get -u user:secret "$http/private/text.txt" | cmp - www/text.txt
    echo "machine 127.0.0.1 login user password secret" >netrc
    get --netrc-file netrc "$http/private/text.txt" -o got
    get -I --trace trace --libcurl program.c "$http/text.txt" -o got; grep -q curl_easy_perform program.c

    fails_with 22 get -u user:wrong "$http/private/text.txt"
    fails_with 7 get http://127.0.0.1:1/
    fails_with 60 get "$https/"
    fails_with 6 get http://no-such-host.invalid/
    fails_with 28 get --max-time 0.2 "$http/slow/big.bin" -o got
    fails_with 63 get --max-filesize 1000 "$http/big.bin" -o got
    fails_with 23 get "$http/big.bin" -o /dev/full
    fails_with 37 get file:///no/such/file
    fails_with 1 get gopher:///x --proto =http
    get "$http/big.bin" | head -c 1000 | wc -c
done
fails_with 7 get --retry "$retries" --retry-delay 1 --retry-connrefused http://127.0.0.1:1/
END
