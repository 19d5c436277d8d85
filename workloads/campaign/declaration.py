"""What the head of a workload's script declares."""

import fnmatch
import glob
import os
import re
import shutil
import subprocess

DIRECTORY = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
LEVELS = {"smoke": 1, "full": 1, "long": 20}  # how much longer than its limit a workload may take at the level


# Where there is no dpkg, a package is there if a command of it is: of its own name, or this one; "": it has none to look for.
COMMANDS = {
    "acl": "setfacl", "apache2-utils": "ab", "attr": "setfattr", "bind9": "named", "bind9-dnsutils": "dig",
    "bind9-utils": "named-checkconf", "bsdextrautils": "hexdump", "busybox-static": "busybox", "coreutils": "ls",
    "diffutils": "diff", "dnsmasq-base": "dnsmasq", "e2fsprogs": "lsattr", "findutils": "find", "fonts-dejavu-core": "",
    "golang-go": "go", "imagemagick": "convert-im6.q16", "libc-bin": "getconf", "libc-dev-bin": "gencat",
    "libc-devtools": "sotruss", "libc6-dev": "", "libmemcached-tools": "memccat", "libpython3.11-testsuite": "python3.11",
    "lighttpd-mod-deflate": "", "lighttpd-mod-openssl": "", "locales": "", "mariadb-client": "mariadb",
    "mariadb-server": "mariadbd", "musl-tools": "musl-gcc", "nghttp2-client": "h2load", "nginx-light": "nginx",
    "nodejs": "node", "openjdk-17-jdk-headless": "javac", "openssh-client": "ssh", "openssh-server": "sshd", "php-cli": "php",
    "postgresql-15": "postgres", "procps": "ps", "redis-tools": "redis-cli", "util-linux": "setpriv", "xz-utils": "xz",
}
# Where workloads look for programs (lib/workload.sh, lib/postgres.sh).
PATH = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", *glob.glob("/usr/lib/postgresql/*/bin"))


class Workload:
    """A script NAME.sh of the directory of workloads."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path).removesuffix(".sh")
        self.about = ""
        declared = {}
        with open(path, encoding="utf-8") as file:
            for line in file.readlines()[1:]:
                if not line.startswith("# "):
                    break
                key, colon, value = line[2:].strip().partition(": ")
                if colon and re.fullmatch("[a-z]+", key) and self.about:
                    declared[key] = value
                elif not self.about:
                    self.about = line[2:].strip()
        self.packages = declared.get("packages", "").split()
        self.program = declared.get("program", "")
        self.phases = declared.get("phases", "").split()
        if not declared.get("limit", "").isdecimal():
            raise ValueError(f"{path} does not declare its limit, in seconds")
        self.limit = int(declared["limit"])

    def missing(self, installed):
        """What it lacks: packages; where there is no dpkg to ask (None), commands."""
        if installed is not None:
            return [package for package in self.packages if package not in installed]
        commands = (COMMANDS.get(package, package) for package in self.packages)
        return [command for command in commands if command and not shutil.which(command, path=os.pathsep.join(PATH))]


def workloads():
    """All of them, by name."""
    paths = sorted(os.path.join(DIRECTORY, file) for file in os.listdir(DIRECTORY) if file.endswith(".sh"))
    return {workload.name: workload for workload in map(Workload, paths)}


def choose(patterns, every):
    """The workloads that names and globs mean, in the order of their names; a ValueError if one means none."""
    chosen = set()
    for pattern in patterns:
        found = fnmatch.filter(every, pattern)
        if not found:
            raise ValueError(f"there is no workload '{pattern}': see --list")
        chosen.update(found)
    return [every[name] for name in sorted(chosen)]


def installed_packages():
    """The names of Debian's packages that are there, or None on a system without dpkg."""
    try:
        listed = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"], stdout=subprocess.PIPE,
                                check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return {line.split()[1] for line in listed.splitlines() if line.startswith("installed ")}


def install(packages):
    """Installs those of the packages that are missing, as ./run does."""
    script = '. "$1/packages.sh"; shift; install_packages "$@"'
    subprocess.run(["bash", "-c", script, "workloads/run", os.path.dirname(DIRECTORY), *packages], check=True)
