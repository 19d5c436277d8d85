#!/bin/bash
# python3's asyncio: streams, TLS, datagrams, pipes, processes, signals, executors, by epoll, poll and select.
# packages: python3 openssl
# program: python3
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

certificate
export lib times
times=$(amount 1 10 150)
drive <<'END'
exec python3 -s -B "$lib/python_asyncio.py" "$times"
END
