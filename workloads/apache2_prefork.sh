#!/bin/bash
# apache2, processes (mpm_prefork): files, TLS, CGI, SSI, Lua, proxy, cache, WebDAV, filters, passwords, restart.
# packages: apache2 apache2-utils curl openssl
# program: apache2
# phases: serving
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

mpm=prefork
# shellcheck source=lib/http.sh
. "$lib/http.sh"
# shellcheck source=lib/apache2.sh
. "$lib/apache2.sh"
