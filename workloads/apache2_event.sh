#!/bin/bash
# apache2, threads (mpm_event): files, TLS, HTTP/2, CGI, SSI, Lua, proxy, cache, WebDAV, filters, restart.
# packages: apache2 apache2-utils curl openssl nghttp2-client
# program: apache2
# phases: serving
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

mpm=event
# shellcheck source=lib/http.sh
. "$lib/http.sh"
# shellcheck source=lib/apache2.sh
. "$lib/apache2.sh"
