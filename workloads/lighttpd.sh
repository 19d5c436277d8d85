#!/bin/bash
# lighttpd, two workers: files, compression, TLS, HTTP/2, CGI, SSI, proxy, passwords, throttling, logs, reload.
# packages: lighttpd lighttpd-mod-openssl lighttpd-mod-deflate apache2-utils nghttp2-client curl openssl
# program: lighttpd
# phases: serving
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

take_ports port tls_port
certificate
mkdir www www/list uploads cache
head -c 1000000 /dev/urandom >www/big.bin
yes abc | head -n 9000 >www/text.txt
echo hello >www/index.html
# shellcheck disable=SC2016 # the variables are the scripts'
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\ncgi $QUERY_STRING\\n"\ncat\n' >www/echo.cgi
chmod 755 www/echo.cgi
printf '<!--#include virtual="/index.html" --><!--#exec cmd="echo by a shell" --><!--#fsize file="text.txt" -->\n' \
    >www/page.shtml
openssl passwd -6 -salt salt word | sed 's/^/reader:/' >passwords
cat >lighttpd.conf <<END
server.modules = ("mod_access", "mod_accesslog", "mod_auth", "mod_authn_file", "mod_deflate", "mod_cgi", "mod_openssl",
    "mod_status", "mod_dirlisting", "mod_setenv", "mod_expire", "mod_ssi", "mod_proxy", "mod_rewrite", "mod_redirect",
    "mod_alias")
server.document-root = "$work/www"
server.bind = "127.0.0.1"
server.port = $port
server.upload-dirs = ("$work/uploads")
server.errorlog = "$work/error.log"
server.breakagelog = "$work/breakage.log"
server.pid-file = "$work/lighttpd.pid"
server.max-worker = 2
server.socket-perms = "0666"
server.max-fds = 500
server.stat-cache-engine = "inotify"
server.feature-flags = ("server.h2proto" => "enable", "server.graceful-shutdown-timeout" => 3)
accesslog.filename = "$work/access.log"
$([ "$(id -u)" != 0 ] || printf 'server.%sname = "www-data"\n' user group)
deflate.cache-dir = "$work/cache"
deflate.mimetypes = ("text/plain")
deflate.allowed-encodings = ("gzip", "br", "zstd")
mimetype.assign = (".txt" => "text/plain", ".html" => "text/html", ".shtml" => "text/html")
mimetype.use-xattr = "enable"
index-file.names = ("index.html")
cgi.assign = (".cgi" => "")
ssi.extension = (".shtml")
status.status-url = "/status"
expire.url = ("/index.html" => "access plus 1 hours")
url.redirect = ("^/old$" => "/text.txt")
url.rewrite-once = ("^/nice/(.*)" => "/\$1")
auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "$work/passwords"
auth.require = ("/nice/index.html" => ("method" => "basic", "realm" => "r", "require" => "valid-user"))
alias.url = ("/slow/" => "$work/www/")
\$HTTP["url"] =~ "^/list" { dir-listing.activate = "enable" }
\$HTTP["url"] =~ "^/slow" { connection.kbytes-per-second = 4000 }
\$HTTP["url"] =~ "^/proxy" {
    proxy.header = ("map-urlpath" => ("/proxy/" => "/"))
    proxy.server = ("" => (("host" => "$work/lighttpd.sock")))
}
\$SERVER["socket"] == "$work/lighttpd.sock" { }
\$SERVER["socket"] == "127.0.0.1:$tls_port" { ssl.engine = "enable" ssl.pemfile = "$work/both.pem" }
END
give www-data .

# load COUNT URL OPTION... - So many requests.
load()
{
    timeout 60 ab -q -n "$1" "${@:3}" "$2" >ab.out 2>&1 &&
        ! grep -qE 'Failed requests: *[1-9]|Non-2xx' ab.out || fail "ab: $(<ab.out)"
}

get()
{
    curl -sSfk --max-time 20 "$@"
}

lighttpd -tt -f lighttpd.conf || fail "the configuration is wrong"
start lighttpd -D -f lighttpd.conf
serving "$port"
http=http://127.0.0.1:$port https=https://127.0.0.1:$tls_port

load "$(amount 150 1500 20000)" "$http/index.html" -c 8 -k
load "$(amount 30 300 5000)" "$http/text.txt" -c 4
load "$(amount 10 100 2000)" "$https/index.html" -c 4
load "$(amount 10 100 2000)" "$http/proxy/index.html" -c 4
h2load -n "$(amount 50 200 5000)" -c 4 -m 10 "$https/text.txt" >h2load.out 2>&1 &&
    grep -q ' 0 failed' h2load.out || fail "HTTP/2"

for path in big.bin slow/big.bin proxy/big.bin; do
    get "$http/$path" | cmp -s - www/big.bin || fail "$path differs"
done
get --http1.1 "$https/big.bin" | cmp -s - www/big.bin || fail "big.bin differs over TLS"
for coding in gzip br; do
    for _ in 1 2; do # the second time it is in the cache
        get -H "Accept-Encoding: $coding" --compressed "$http/text.txt" | cmp -s - www/text.txt || fail "$coding"
    done
done
for i in $(seq "$(amount 2 5 100)"); do
    get -d "body $i" "$http/echo.cgi?$i" || fail "CGI"
done
head -c 300000 /dev/zero >zeros
get --data-binary @zeros "$https/echo.cgi" | wc -c
get -H 'Transfer-Encoding: chunked' --data-binary @zeros "$http/echo.cgi" | wc -c
get "$http/page.shtml" || fail "SSI"
get -L "$http/old" | cmp -s - www/text.txt || fail "no redirection"
get -u reader:word "$http/nice/index.html"
for wrong in nice/index.html nothing echo.cgi/../../passwords; do
    curl -s -o answer -w '%{http_code}\n' --path-as-is --max-time 20 "$http/$wrong"
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
