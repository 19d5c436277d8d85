# shellcheck shell=bash disable=SC2034 # the lists are for those who source this file
# packages.sh - the Debian packages that the project needs, and install_packages, which installs the missing ones.

build_packages=(gcc libc6-dev cmake ninja-build pkg-config libunwind-dev libdw-dev libelf-dev
    libjansson-dev libseccomp-dev libiberty-dev libyaml-dev zlib1g-dev libprotobuf-c-dev protobuf-c-compiler)

demo_packages=(sqlite3)

check_packages=(libcmocka-dev libzydis-dev g++ clang libclang-rt-dev clang-format # unit tests, the second compiler
    golang-go git graphviz make python3 shellcheck mandoc musl-tools xz-utils dwz util-linux # tools of the tests, and tracees
    libbz2-dev liblzma-dev # a static build
    dpkg-dev lintian debootstrap man-db zsh # packages
    strace gdb linux-perf # other tracers, to compare with
    chromium chromium-driver # a browser for the HTML report
    bubblewrap btrfs-progs # a sandbox, and a file system, to trace in
    runc systemd # who install filters
    slurmctld slurmd slurm-client munge # a cluster
    python3-pytest # a suite, to trace
    "${demo_packages[@]}" nginx-light redis-server redis-tools wrk curl openssl apache2-utils nghttp2-client lighttpd
    lighttpd-mod-openssl lighttpd-mod-deflate memcached libmemcached-tools sysbench perl) # workloads

# install_packages NAME... - Installs those that are missing. Without the right to do so it says which
# command would, and returns 125. On a system without dpkg it leaves it to cmake to say what is missing.
install_packages()
{
    command -v dpkg-query >/dev/null || return 0
    local missing log
    mapfile -t missing < <(comm -13 \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort) \
        <(printf '%s\n' "$@" | sort))
    ((${#missing[@]})) || return 0

    echo "$0: installing ${missing[*]}" >&2
    if ! log=$(apt_install "${missing[@]}" </dev/null 2>&1); then
        [ ! "$log" ] || printf '%s\n' "$log" >&2
        echo "$0: cannot install packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        return 125
    fi
}

# apt_install NAME... - As root, or by sudo, which asks for a password if there is a terminal to ask on.
apt_install()
{
    local as=() units
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || return
        as=(sudo)
    fi
    # RUNLEVEL, and systemctl: the servers are for the tests to run, not to be services of this machine.
    as+=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1)
    "${as[@]}" apt-get update # that failed, the lists at hand may do
    "${as[@]}" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" || return
    if [ -d /run/systemd/system ]; then
        mapfile -t units < <(dpkg -L "$@" 2>/dev/null | grep -oP '^(/usr)?/lib/systemd/system/\K[^/@]+\.service$' | sort -u)
        ((!${#units[@]})) || "${as[@]}" systemctl disable --now "${units[@]}"
    fi
}
