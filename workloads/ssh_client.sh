#!/bin/bash
# ssh, scp, sftp, ssh-agent, ssh-add, ssh-keyscan and ssh-keygen: ciphers, compression, sharing, forwarding, agent.
# packages: openssh-server openssh-client
# program: ssh
# limit: 180
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/sshd.sh
. "$lib/sshd.sh"

beside "${server[@]}"
await 20 listening "$port" || fail "sshd does not listen"
{
    use_ssh
    cat <<'END'
for type in ed25519 ecdsa 'rsa -b 2048'; do
    ssh-keygen -q -t $type -N word -f new && ssh-keygen -p -q -P word -N '' -f new >/dev/null &&
        ssh-keygen -e -f new | grep -c PUBLIC
    rm new new.pub
done
ssh-keygen -q -s host_ed25519 -I me -n me -V +1d user_ecdsa.pub
ssh-keygen -L -f user_ecdsa-cert.pub | grep -c Principals
ssh-keygen -Y sign -q -f user_ed25519 -n file big 2>/dev/null
ssh-keygen -Y check-novalidate -n file -s big.sig <big | wc -l
ssh-keygen -F "[127.0.0.1]:$port" -f known_hosts | grep -c found
END
} | drive
