#!/bin/bash
# sshd: confined children, keys, commands, terminals, sftp, agent and port forwarding; driven by ssh, scp and sftp.
# packages: openssh-server openssh-client
# program: sshd
# phases: serving
# limit: 180
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/sshd.sh
. "$lib/sshd.sh"

begun_anew()
{
    [ "$(grep -c 'Server listening' program.log)" = 2 ]
}

start "${server[@]}"
serving "$port"
use_ssh >driver
bash -eu driver 2>driver.log || fail "the driver exits with $?"
kill -HUP "$(program_pid)" # executes itself again
await 20 begun_anew || fail "it does not begin anew"
timeout 20 ssh -F ssh_config 127.0.0.1 echo after || fail "nobody can log in after that"
stop TERM
