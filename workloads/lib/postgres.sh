# shellcheck shell=bash
# postgres.sh - Starts postgres, with settings of the workload's.
take_ports port
PATH=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1):$PATH
export PGHOST=127.0.0.1 PGPORT=$port PGUSER=owner PGDATABASE=postgres PGOPTIONS=
read -ra owner <<<"$(as postgres)"
certificate
mkdir archive
chmod 600 key.pem
give postgres .

# start_postgres SETTING...
start_postgres()
{
    "${owner[@]}" initdb -D data -A trust -N -U owner --locale=C.UTF-8 --encoding=UTF8 >initdb.log 2>&1 || fail "initdb"
    cat <<END >>data/postgresql.conf
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$work'
shared_buffers = 32MB
log_statement = none
$(printf '%s\n' "$@")
END
    start "${owner[@]}" postgres -D data
    await 40 pg_isready -q || fail "it does not accept connections"
    serving "$port"
}

# sql [OPTION...] - Runs SQL, and prints what it answers.
sql()
{
    psql -X -q -A -t -v ON_ERROR_STOP=1 "$@" || fail "SQL"
}

# load OPTION... - Many transactions.
load()
{
    timeout 120 pgbench "$@" >pgbench.out 2>&1 && grep -q 'number of failed transactions: 0' pgbench.out ||
        fail "pgbench: $(<pgbench.out)"
}
