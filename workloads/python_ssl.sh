#!/bin/bash
# python3's ssl and hashlib: handshakes of each version, resumption, clients' certificates, refusals, sendfile, hashes.
# packages: python3 openssl
# program: python3
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

certificate
export lib times
times=$(amount 1 20 300)
drive <<'END'
exec python3 -s -B "$lib/python_ssl.py" "$times"
END
[ "$(sort -u keys.log | grep -c '^[A-Z_0-9]* [0-9a-f]* [0-9a-f]*$')" -ge 10 ] || fail "it logs no keys"
