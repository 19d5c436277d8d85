#!/bin/bash
# node: HTTP, HTTPS, HTTP/2, files by the pool, watches, workers, cluster, processes, compression, hashes, WebAssembly.
# packages: nodejs openssl
# program: node
# limit: 180
. "$(dirname "$0")/lib/workload.sh"

certificate
export lib times
times=$(amount 1 20 300)
drive <<'END'
ulimit -c 0
node --expose-gc --no-warnings "$lib/node.js" "$times"
node --jitless -p '[3, 1, 2].sort().join()'
echo 'console.log("read")' | node -
node --check "$lib/node.js"
! node -e 'process.abort()' 2>/dev/null
END
