#!/bin/bash
# CPython's own tests of what reaches the system, as Debian packs them, a module after the other.
# packages: libpython3.11-testsuite
# program: python3.11
# limit: 180
. "$(dirname "$0")/lib/workload.sh"

[ -e /usr/lib/python3.11/test/test_epoll.py ] || fail "libpython3.11-testsuite is not installed"
export modules='fcntl epoll pty openpty ioctl resource mmap file fileio popen pipes socketserver dbm_gnu getpass glob'
at_least full && modules+=' os posix pathlib shutil tempfile select thread threading_local time timeout atexit
    ctypes gzip zlib shelve mailbox hashlib asyncore httpservers telnetlib smtplib readline curses uuid pwd grp locale'
at_least long && modules+=' subprocess selectors threading threadsignals eintr file_eintr fork1 wait4 io tarfile runpy'
drive <<'END'
ulimit -c 0
for module in $modules; do
    # -w: what fails once, on a busy machine, is tried again.
    if ! python3.11 -s -B -m test -q -w "test_$module" >test.out 2>&1; then
        cat test.out >&2
        exit 1
    fi
    echo "$module"
done
END
