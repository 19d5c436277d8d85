#!/bin/bash
# wrk, with scripts of LuaJIT, and ab and h2load beside it: load on a server that is not under test.
# packages: wrk apache2-utils nghttp2-client nginx-light openssl
# program: wrk
# limit: 60
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/http.sh
. "$lib/http.sh"

take_ports port tls_port
certificate
website
cat >script.lua <<'END'
local n, threads = 0, {}
wrk.headers["X-Word"] = "text"
function setup(thread) thread:set("id", #threads) table.insert(threads, thread) end
function init(args) requests = 0 for _, word in ipairs(args) do wrk.headers["X-" .. word] = word end end
function delay() return n % 50 == 0 and 1 or 0 end
function request()
    n = n + 1
    if n % 3 == 0 then return wrk.format("POST", "/post", nil, string.rep("x", n % 1000)) end
    return wrk.format("GET", "/index.html?" .. n)
end
function response(status, headers, body) requests = requests + 1 end
function done(summary, latency, requests)
    local f = io.open("script.out", "w")
    f:write(summary.requests > 0 and summary.errors.status == 0 and "requests\n" or "none\n", #threads, " threads\n")
    f:close()
end
END
beside_nginx "listen 127.0.0.1:$port; listen 127.0.0.1:$tls_port ssl http2;
    ssl_certificate cert.pem; ssl_certificate_key key.pem; location /post { return 204; }"
await 20 listening "$tls_port" || fail "no server"

# wrk knows no number of requests, only a time.
export port tls_port duration requests
duration=$(amount 1 2 40)s requests=$(amount 50 500 20000)
drive <<'END'
wrk -t 2 -c 8 -d "$duration" -s script.lua "http://127.0.0.1:$port/" -- some arguments >wrk.out
cat script.out
wrk -t 2 -c 4 -d "$duration" --latency --timeout 5s -H 'X-A: b' "https://localhost:$tls_port/" >tls.out
grep -o 'Latency Distribution' tls.out
status=0; wrk -t 1 -c 1 -d 1s http://127.0.0.1:1/ >/dev/null 2>&1 || status=$?; echo "status $status"
ab -q -k -n "$requests" -c 4 -g gnuplot.out "http://127.0.0.1:$port/index.html" | grep -E '^(Complete|Failed)'
echo text >text
ab -q -n 50 -c 2 -p text -T text/plain -f TLS1.2 "https://127.0.0.1:$tls_port/post" | grep -E '^Complete'
h2load -n "$requests" -c 3 -t 2 -m 5 "https://127.0.0.1:$tls_port/" | grep -o '[0-9]* succeeded'
h2load -n "$requests" -c 2 --h1 "http://127.0.0.1:$port/" | grep -o '[0-9]* succeeded'
END
grep -q 'requests in' wrk.out && ! grep -qE 'Socket errors|Non-2xx' wrk.out tls.out || fail "wrk: $(<wrk.out)"
