#!/bin/bash
# redis-server: I/O threads, TLS, a socket file, Lua, functions, pub/sub, snapshots, append-only log, replication.
# packages: redis-server redis-tools openssl
# program: redis-server
# phases: serving
# limit: 300
. "$(dirname "$0")/lib/workload.sh"

take_ports port tls_port other_port
certificate
mkdir data other
fill_in redis.conf

# cli ARG... - What the server answers.
cli()
{
    timeout 30 redis-cli -p "$port" "$@"
}

# answers TEXT ARG... - The server must answer so.
answers()
{
    local answer
    answer=$(cli "${@:2}" 2>&1)
    [ "$answer" = "$1" ] || fail "${*:2}: $answer"
    echo "$answer"
}

# state PORT SECTION FIELD:VALUE - The server says so of itself.
state()
{
    timeout 30 redis-cli -p "$1" info "$2" | grep -q "^$3"
}

# load TESTS OPTION... - Many requests; prints how many tests there were.
load()
{
    timeout 120 redis-benchmark -q -r 1000 -t "$1" "${@:2}" >bench 2>&1 || fail "redis-benchmark: $(<bench)"
    [ "$(grep -c 'requests per second' bench)" -ge "$(tr ',' '\n' <<<"$1" | wc -l)" ] ||
        fail "redis-benchmark: $(<bench)"
    grep -c 'requests per second' bench
}

# What the server finds when it starts: a snapshot and a log.
beside redis-server redis.conf
await 20 listening "$port" || fail "it does not listen at first"
load set,lpush,hset,zadd -p "$port" -n 1000 -P 8
answers OK set marker 42
cli shutdown save || fail "it does not shut down at first"
await 20 gone "${started[-1]}" || fail "it does not end at first"

start redis-server redis.conf
serving "$port"
await 20 state "$port" persistence loading:0 || fail "it does not load its data"
answers 42 get marker
tests=set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset
load $tests -p "$port" -n "$(amount 200 1500 20000)" -c 20 -P 4
load lrange_300,lrange_600 -p "$port" -n "$(amount 50 300 4000)" -c 10
load ping,set,get -s redis.sock -n "$(amount 200 1000 20000)" -c 5
load set,get -p "$tls_port" -n "$(amount 200 1000 20000)" -c 5 --tls --insecure

answers 500500 eval "local s = 0 for i = 1, 1000 do redis.call('INCR', 'n') s = s + i end return s" 0
answers list function load "#!lua name=list
redis.register_function('read', function(keys) return redis.call('GET', keys[1]) end)"
answers 42 fcall read 1 marker
answers 50000 eval "for i = 1, 50000 do redis.call('RPUSH', 'big', i) end return redis.call('LLEN', 'big')" 0
answers 1 unlink big # freed by a thread
timeout 30 redis-cli -p "$port" subscribe news >heard 2>&1 &
await 20 state "$port" stats pubsub_channels:1 || fail "nobody subscribes"
answers 1 publish news hello
await 20 grep -q hello heard || fail "no news"
answers 1 client kill type pubsub
wait $!
cli blpop queue 20 >popped &
await 20 state "$port" clients blocked_clients:1 || fail "nobody waits"
answers 1 rpush queue entry
wait $! && grep -q entry popped || fail "nothing comes from the queue"
printf '%s\n' multi 'incr twice' 'incr twice' exec | cli | tail -n 1 | grep -q '2$' || fail "no transaction"
answers OK acl setuser reader on '>word' '~*' +get
answers 42 --user reader --pass word --no-auth-warning get marker
cli --user reader --pass word --no-auth-warning set marker 1 2>&1 | grep -q NOPERM || fail "a reader writes"

answers "Background saving started" bgsave # by a child
await 20 state "$port" persistence rdb_bgsave_in_progress:0 || fail "the snapshot does not end"
answers "Background append only file rewriting started" bgrewriteaof
await 20 state "$port" persistence aof_rewrite_in_progress:0 || fail "the log is not rewritten"
answers OK debug reload
answers OK debug loadaof
for limit in 'maxmemory-policy allkeys-lru' 'watchdog-period 200' 'appendfsync everysec' 'appendonly no' \
    'maxclients 200'; do
    # shellcheck disable=SC2086 # two words
    answers OK config set $limit
done
answers OK debug sleep 0.3 # the watchdog reports it
answers OK config set watchdog-period 0
answers OK config rewrite
for command in 'info everything' 'memory doctor' 'latency doctor' 'client list' 'slowlog get' 'debug object marker'; do
    # shellcheck disable=SC2086 # words
    [ "$(cli $command)" ] || fail "no $command"
done

# It feeds a replica, through a child; then it is one.
beside redis-server --bind 127.0.0.1 --port "$other_port" --dir "$work/other" --save '' --replicaof 127.0.0.1 "$port"
await 20 state "$other_port" replication master_link_status:up || fail "no replica"
answers 42 get marker
answers 1 wait 1 20000
redis-cli -p "$other_port" get marker
redis-cli -p "$other_port" replicaof no one >/dev/null
redis-cli -p "$other_port" set marker 43 >/dev/null
answers OK replicaof 127.0.0.1 "$other_port"
await 20 state "$port" replication master_link_status:up || fail "it does not become a replica"
answers 43 get marker
# What it had in common with its master may have been enough, or not. Now it has nothing: it gets a file.
answers OK replicaof no one
answers OK debug change-repl-id
answers OK replicaof 127.0.0.1 "$other_port"
await 20 state "$port" replication master_link_status:up || fail "it does not get a file"
answers 43 get marker
answers OK replicaof no one
answers OK migrate 127.0.0.1 "$other_port" marker 0 5000 replace
answers OK flushall async
answers 1000 eval "for i = 1, 1000 do redis.call('ZADD', 'z' .. i % 7, i, i * i) end return 1000" 0
cli debug digest # of all that it has
answers OK set last 1

stop TERM
{ [ -s data/dump.rdb ] && [ ! -e redis.pid ]; } || fail "it did not save, or left its pid file"
