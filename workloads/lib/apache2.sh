# shellcheck shell=bash
# apache2.sh - Serves and drives apache2; asks for the multi-processing module by $mpm. Needs http.sh.
take_ports port tls_port
certificate
website
mkdir www/list www/dav run cache
# shellcheck disable=SC2016 # the variable is the script's
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\ncgi $QUERY_STRING\\n"\ncat\necho\n' >www/echo.cgi
chmod 755 www/echo.cgi
printf '<!--#include virtual="/index.html" --><!--#exec cmd="echo by a shell" --><!--#fsize file="text.txt" -->\n' \
    >www/page.shtml
htpasswd -bc passwords reader word 2>/dev/null

# modules NAME... - The directives that load them.
modules()
{
    local module
    for module; do
        echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
}

[ "$mpm" = prefork ] && cgi=cgi || cgi=cgid
{
    # shellcheck disable=SC2046 # words
    modules mpm_"$mpm" "$cgi" authz_core authz_host authz_user authn_core authn_file auth_basic auth_digest mime \
        mime_magic dir alias status deflate brotli filter ext_filter include ssl socache_shmcb proxy proxy_http \
        rewrite setenvif env headers expires autoindex reqtimeout dav dav_fs cache cache_disk ratelimit slotmem_shm \
        proxy_balancer lbmethod_byrequests unique_id negotiation lua access_compat $([ "$mpm" = prefork ] || echo http2)
    cat <<END
ServerRoot "$work"
DefaultRuntimeDir "$work/run"
Mutex "file:$work/run" default
PidFile "$work/apache2.pid"
ScoreBoardFile "$work/run/scoreboard"
ServerName localhost
$([ "$(id -u)" != 0 ] || printf '%s www-data\n' User Group)
Listen 127.0.0.1:$port
Listen 127.0.0.1:$tls_port
ErrorLog "$work/error.log"
CustomLog "$work/access.log" "%h %t %r %>s"
CustomLog "|/bin/cat >>'$work/piped.log'" "%r"
TypesConfig /etc/mime.types
DocumentRoot "$work/www"
StartServers 2
ServerLimit 16
MaxRequestWorkers $([ "$mpm" = prefork ] && echo 16 || echo 50)
KeepAlive On
MaxKeepAliveRequests 0
EnableSendfile On
EnableMMAP On
GracefulShutdownTimeout 3
$([ "$mpm" != prefork ] || printf '%s\n' "MinSpareServers 1" "MaxSpareServers 4")
$([ "$mpm" = prefork ] || printf '%s\n' "Protocols h2 http/1.1" "ThreadsPerChild 10" "ScriptSock cgi.sock")
<Directory "$work/www">
    Options +ExecCGI +Indexes +Includes +MultiViews
    AllowOverride All
    Require all granted
    AddHandler cgi-script .cgi
    AddOutputFilter INCLUDES .shtml
</Directory>
AddOutputFilterByType DEFLATE text/plain
ExtFilterDefine upper mode=output cmd="/usr/bin/tr a-z A-Z"
CacheRoot "$work/cache"
CacheEnable disk /cached/
CacheIgnoreCacheControl On
Alias /cached/ "$work/www/"
Alias /upper/ "$work/www/"
Alias /slow/ "$work/www/"
Alias /secret/ "$work/www/"
<Location /upper/>
    SetOutputFilter upper
</Location>
<Location /slow/>
    SetOutputFilter RATE_LIMIT
    SetEnv rate-limit 4000
</Location>
<Location /secret/>
    AuthType Basic
    AuthName r
    AuthUserFile "$work/passwords"
    Require valid-user
</Location>
DavLockDB "$work/run/locks"
<Location /dav/>
    Dav On
</Location>
ProxyPass /proxy/ http://127.0.0.1:$port/
<Proxy balancer://both>
    BalancerMember http://127.0.0.1:$port
    BalancerMember http://localhost:$port
</Proxy>
ProxyPass /balanced/ balancer://both/
<Location /status>
    SetHandler server-status
</Location>
LuaMapHandler /lua "$work/hello.lua"
RewriteEngine on
RewriteRule ^/old\$ /text.txt [R]
<VirtualHost 127.0.0.1:$tls_port>
    SSLEngine on
    SSLCertificateFile "$work/cert.pem"
    SSLCertificateKeyFile "$work/key.pem"
</VirtualHost>
SSLSessionCache "shmcb:$work/run/sessions(512000)"
END
} >apache2.conf
cat >hello.lua <<'END'
function handle(r)
    r.content_type = "text/plain"
    r:puts("lua ", r.method, "\n")
    return apache2.OK
end
END
echo 'Header set X-Local yes' >www/list/.htaccess
give www-data .

restarted()
{
    [ "$(grep -c 'resuming normal operations' error.log)" = 2 ]
}

# At its end it kills its process group: not that of the tracer.
start setsid -w apache2 -d "$work" -f "$work/apache2.conf" -D FOREGROUND
serving "$port"
http=http://127.0.0.1:$port https=https://127.0.0.1:$tls_port

load "$(amount 150 1500 20000)" "$http/index.html" -c 8 -k
load "$(amount 30 200 4000)" "$http/text.txt" -c 4
load "$(amount 10 100 2000)" "$https/index.html" -c 4
load "$(amount 10 100 2000)" "$http/proxy/index.html" -c 2
load "$(amount 10 100 2000)" "$http/cached/text.txt" -c 2
[ "$mpm" = prefork ] || load_h2 "$(amount 50 200 5000)" "$https/text.txt" -c 4 -m 10
for path in '' slow/ proxy/ balanced/ cached/; do
    same www/big.bin "$http/${path}big.bin"
done
same www/big.bin "$https/big.bin"
same www/text.txt "$http/text.txt" --compressed
for i in $(seq "$(amount 2 5 100)"); do
    get -d "body $i" "$http/echo.cgi?$i" || fail "CGI"
done
for path in page.shtml upper/index.html lua text; do
    get "$http/$path" >answer || fail "no $path"
    head -n 5 answer
done
get -u reader:word "$http/secret/index.html" || fail "no password is taken"
same www/text.txt "$http/old" -L
for wrong in secret/index.html nothing ../passwords; do
    status "$http/$wrong"
done
get -T www/big.bin "$http/dav/big.bin" >/dev/null && cmp -s www/big.bin www/dav/big.bin || fail "the upload differs"
get -X MKCOL "$http/dav/new" >/dev/null &&
    get -X COPY -H "Destination: $http/dav/new/copy" "$http/dav/big.bin" >/dev/null &&
    get -X PROPFIND -H 'Depth: 1' "$http/dav/" | grep -o '<D:href>[^<]*' | sort &&
    get -X DELETE "$http/dav/new/" || fail "WebDAV"
get -r 5-99,200-299 "$http/big.bin" >/dev/null && get "$http/status" >/dev/null &&
    get -I "$http/list/" | grep -c X-Local || fail "no ranges, status or list"

kill -USR1 "$(program_pid)" # new children, when the old ones have nothing to do
await 20 restarted || fail "it does not restart"
await 20 get "$http/index.html" || fail "it does not answer after the restart"
get "$http/echo.cgi?again" || fail "CGI, after the restart"
stop TERM
