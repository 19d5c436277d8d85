# shellcheck shell=bash disable=SC2034 # the lists are for those who source this file
# packages.sh - the Debian packages that the project needs, and install_packages, which installs the missing ones.

build_packages=(gcc libc6-dev cmake ninja-build pkg-config libunwind-dev libdw-dev libelf-dev
    libjansson-dev libseccomp-dev libiberty-dev)

demo_packages=(sqlite3)

check_packages=(libcmocka-dev clang libclang-rt-dev clang-format # unit tests, the second compiler
    git make python3 shellcheck mandoc musl-tools xz-utils util-linux # tools of the tests, and tracees
    strace gdb linux-perf                                        # oracles: other tracers
    "${demo_packages[@]}" nginx-light redis-server redis-tools wrk curl openssl) # workloads

# install_packages NAME... - Installs those that are missing. Without the right to do so it says which
# command would, and returns 125. On a system without dpkg cmake says what is missing.
install_packages()
{
    command -v dpkg-query >/dev/null || return 0
    local missing service log as=()
    mapfile -t missing < <(comm -13 \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort) \
        <(printf '%s\n' "$@" | sort))
    ((${#missing[@]})) || return 0

    if [ "$(id -u)" != 0 ]; then
        as=(sudo) # asks for a password only where there is a terminal to ask on
        [ -t 2 ] || as+=(-n)
    fi
    echo "$0: installing ${missing[*]}" >&2
    # RUNLEVEL, and systemctl below: a server is installed to be run by the tests, not as a service.
    as+=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1)
    if ! log=$({ "${as[@]}" apt-get update || true
        "${as[@]}" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"; } </dev/null 2>&1); then
        printf '%s\n' "$log" >&2
        echo "$0: cannot install packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        return 125
    fi
    if [ -d /run/systemd/system ]; then
        for service in "${missing[@]}"; do
            case $service in
            nginx-light) "${as[@]}" systemctl disable --now nginx ;;
            redis-server) "${as[@]}" systemctl disable --now redis-server ;;
            esac
        done >&2
    fi
}
