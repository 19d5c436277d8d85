#!/bin/sh
# serve.sh PORT - Starts a server under systrace-lib, tells apart what it does before and while it serves, and ends it.
systrace-lib -q --control=ctl -o server.json -- python3 -m http.server --bind 127.0.0.1 "$1" 2>server.log &
tracer=$!
trap 'kill $tracer; wait $tracer' EXIT
until curl -sf "http://127.0.0.1:$1/" >/dev/null; do
    kill -0 $tracer || exit 1
    sleep 0.1
done

[ -p ctl ] && echo 'phase serving' >ctl || exit 1
read -r answer <ctl.reply
[ "$answer" = ok ] || exit 1

for page in words.c Makefile CMakeLists.txt; do
    curl -sf "http://127.0.0.1:$1/$page" | cmp - "$page" || exit 1
done
