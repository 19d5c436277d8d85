# shellcheck shell=bash
# sshd.sh - Keys and configurations of sshd and ssh, on loopback; and use_ssh, a script that drives both.
take_ports port forward_port
# shellcheck disable=SC2034 # for the workloads
server=(/usr/sbin/sshd -D -e -f "$work/sshd_config")
me=$(id -un)
shell=$(getent passwd "$me" | cut -d : -f 7)
grep -qxF -- "$shell" /etc/shells || cannot "$me cannot log in: $shell is not in /etc/shells"
for owner in host user; do
    ssh-keygen -q -t ed25519 -N '' -f "${owner}_ed25519"
    ssh-keygen -q -t ecdsa -N '' -f "${owner}_ecdsa"
    ssh-keygen -q -t rsa -b 2048 -N '' -f "${owner}_rsa"
done
cat user_*.pub >authorized_keys
chmod 700 .
head -c 3000000 /dev/urandom >big
cat >sshd_config <<END
Port $port
ListenAddress 127.0.0.1
HostKey "$work/host_ed25519"
HostKey "$work/host_rsa"
HostKey "$work/host_ecdsa"
PidFile "$work/sshd.pid"
AuthorizedKeysFile "$work/authorized_keys"
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
LogLevel VERBOSE
SetEnv SHLVL=3
AcceptEnv *
PermitUserEnvironment yes
PermitTunnel yes
GatewayPorts no
StreamLocalBindUnlink yes
MaxStartups 50
Subsystem sftp internal-sftp
Match LocalPort $port User nobody-of-this-name
    ForceCommand true
END
cat >ssh_config <<END
Host *
    User $me
    Port $port
    IdentityFile "$work/user_ed25519"
    IdentitiesOnly yes
    KexAlgorithms curve25519-sha256
    UserKnownHostsFile "$work/known_hosts"
    GlobalKnownHostsFile none
    StrictHostKeyChecking accept-new
    HashKnownHosts yes
    BatchMode yes
    LogLevel ERROR
END

# The service's directory, to which sshd confines its children: whoever comes first makes it, the last removes it.
if [ "$me" = root ]; then
    flock /run bash -c "[ -d /run/sshd ] && ! compgen -G '/run/sshd/workload.*' ||
        { mkdir -p -m 755 /run/sshd; : >/run/sshd/workload.$$; }" >/dev/null
    undo()
    {
        [ ! -e "/run/sshd/workload.$$" ] ||
            flock /run sh -c "rm /run/sshd/workload.$$; rmdir /run/sshd 2>/dev/null"
    }
fi

# use_ssh - Prints a script that logs in, runs commands, copies files and forwards ports.
use_ssh()
{
    printf 'rounds=%d port=%d forward_port=%d\n' "$(amount 1 4 40)" "$port" "$forward_port"
    cat <<'END'
s="ssh -F ssh_config 127.0.0.1"
for round in $(seq "$rounds"); do
    [ "$($s -o KexAlgorithms=sntrup761x25519-sha512@openssh.com 'cat; echo hi' </dev/null)" = hi ]
done
$s 'head -c 1000000 /dev/zero' | wc -c
status=0; $s exit 7 || status=$?; echo "status $status"
status=0; $s 'kill -TERM $$' || status=$?; echo "status $status"
$s -tt 'stty size; echo $TERM' </dev/null | tr -d '\r'
$s -o SetEnv=WORD=set 'echo $WORD; echo to stderr >&2' 2>&1
$s -i user_rsa -c aes256-ctr -m hmac-sha2-256 -o KexAlgorithms=diffie-hellman-group14-sha256 echo rsa
$s -i user_ecdsa -c chacha20-poly1305@openssh.com -o RekeyLimit=1M 'cat >/dev/null; echo rekeyed' <big
! $s -o IdentityFile=none -o User=nobody-of-this-name true 2>/dev/null
$s -C "cat >'$PWD/up'" <big
scp -q -F ssh_config big "127.0.0.1:$PWD/by_sftp"
scp -q -O -F ssh_config "127.0.0.1:big" down 2>/dev/null || scp -q -O -F ssh_config "127.0.0.1:${PWD// /\\ }/big" down
cmp up big; cmp by_sftp big; cmp down big
cat >batch <<SFTP
cd "$PWD"
mkdir q
put big q/b
ls -l q
rename q/b q/c
chmod 600 q/c
symlink c q/l
ln q/c q/h
df
get -p q/c again
rm q/*
rmdir q
-rm nothing
SFTP
sftp -q -b batch -F ssh_config 127.0.0.1 >/dev/null 2>&1
cmp again big
eval "$(ssh-agent -s -a ./agent)" >/dev/null
trap 'kill "$SSH_AGENT_PID"' EXIT
ssh-add -q user_ed25519
ssh-add -l | wc -l
$s -A ssh-add -l | wc -l
ssh-add -q -D 2>/dev/null
kill "$SSH_AGENT_PID"
trap - EXIT
ssh -F ssh_config -M -S ./master -fN 127.0.0.1
for round in $(seq "$((rounds * 3))"); do
    ssh -F ssh_config -S ./master 127.0.0.1 true
done
ssh -F ssh_config -S ./master -O check 127.0.0.1 2>/dev/null
ssh -F ssh_config -S ./master -O forward -L "./socket:127.0.0.1:$port" 127.0.0.1
ssh-keyscan -T 5 -p "$port" 127.0.0.1 2>/dev/null | cut -d ' ' -f 2 | sort
ssh -F ssh_config -S ./master -O exit 127.0.0.1 2>/dev/null
$s -L "127.0.0.1:$forward_port:127.0.0.1:$port" 'echo up; cat' <hold >forwarding &
exec 9>hold
until grep -q up forwarding; do sleep 0.05; done
ssh -F ssh_config -p "$forward_port" -o HostKeyAlias=x 127.0.0.1 echo through
exec 9>&-
wait $!
$s -R "127.0.0.1:$forward_port:127.0.0.1:$port" 'echo up; cat' <hold >forwarding &
exec 9>hold
until grep -q up forwarding; do sleep 0.05; done
ssh -F ssh_config -p "$forward_port" -o HostKeyAlias=x 127.0.0.1 echo back
exec 9>&-
wait $!
$s -W "127.0.0.1:$port" </dev/null 2>/dev/null | head -c 7
echo
END
}
mkfifo hold
