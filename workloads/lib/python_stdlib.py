# What of the standard library reaches the system: python_stdlib.py TIMES, in an empty directory.
import bz2
import concurrent.futures
import ctypes
import ctypes.util
import curses
import dbm
import errno
import fcntl
import glob
import grp
import gzip
import locale
import logging.handlers
import lzma
import mmap
import multiprocessing
import multiprocessing.shared_memory
import os
import pathlib
import pty
import pwd
import random
import resource
import select
import selectors
import shelve
import shutil
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import syslog
import tarfile
import tempfile
import termios
import threading
import time
import tty
import uuid
import zipfile
import zlib

TIMES = int(sys.argv[1])


def square(x):
    return x * x


def refused(number, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert error.errno == number, error
    else:
        raise AssertionError(f'{call.__name__} is not refused')


def names():
    os.makedirs('a/b/c', exist_ok=True)
    pathlib.Path('a/f').write_text('x')
    os.link('a/f', 'a/g')
    os.symlink('f', 'a/s')
    os.rename('a/g', 'a/h')
    os.replace('a/h', 'a/g')
    os.chmod('a/f', 0o600)
    os.chown('a/f', os.getuid(), os.getgid())
    os.lchown('a/s', os.getuid(), os.getgid())
    os.truncate('a/f', 10)
    os.utime('a/f', (1, 1))
    os.utime('a/s', (2, 2), follow_symlinks=False)
    os.mkfifo('a/p')
    assert os.readlink('a/s') == 'f' and os.path.realpath('a/s') == os.path.realpath('a/f')
    assert os.stat('a/f').st_mtime == 1 and os.lstat('a/s').st_mtime == 2 and os.access('a/f', os.R_OK)
    directory = os.open('a', os.O_RDONLY | os.O_DIRECTORY)
    os.mkdir('n', dir_fd=directory)
    os.symlink('n', 'm', dir_fd=directory)
    os.rename('m', 'o', src_dir_fd=directory, dst_dir_fd=directory)
    os.unlink('o', dir_fd=directory)
    os.rmdir('n', dir_fd=directory)
    os.fchdir(directory)
    os.chdir('..')
    print(sorted(entry.name for entry in os.scandir(directory)), os.statvfs('.').f_namemax)
    os.close(directory)
    try:
        os.setxattr('a/f', 'user.x', b'1')
        assert os.getxattr('a/f', 'user.x') == b'1' and os.listxattr('a/f') == ['user.x']
        os.removexattr('a/f', 'user.x')
    except OSError as error:  # not every file system has them
        assert error.errno == errno.ENOTSUP
    for number, call, *arguments in ((errno.ENOENT, os.stat, 'none'), (errno.EEXIST, os.mkdir, 'a'),
                                     (errno.ENOTEMPTY, os.rmdir, 'a'), (errno.ENOTDIR, os.listdir, 'a/f'),
                                     (errno.EISDIR, open, 'a', 'w'), (errno.EBADF, os.close, 12345),
                                     (errno.ENAMETOOLONG, open, 'x' * 300), (errno.EINVAL, os.readlink, 'a/f')):
        refused(number, call, *arguments)
    print(sum(len(files) for *_, files in os.walk('a')), sorted(glob.glob('a/*')), sum(1 for _ in os.fwalk('a')))
    shutil.copytree('a', 'a2', symlinks=True, ignore=shutil.ignore_patterns('p'))
    shutil.move('a2', 'a3')
    shutil.rmtree('a3')
    shutil.rmtree('a')
    assert shutil.disk_usage('.').total > 0


def contents():
    file = os.open('f', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.posix_fallocate(file, 0, 4096)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)
    os.pwritev(file, [b'hello', b'world'], 0)
    parts = [bytearray(5), bytearray(5)]
    os.preadv(file, parts, 0)
    assert bytes(parts[1]) == b'world' and os.pread(file, 5, 0) == b'hello' and os.pwrite(file, b'!', 10) == 1
    os.lseek(file, 0, os.SEEK_DATA)
    os.writev(file, [b'HELLO'])
    os.lseek(file, 0, os.SEEK_SET)
    os.readv(file, parts)
    print(parts)
    os.fsync(file)
    os.fdatasync(file)
    os.fchmod(file, 0o644)
    os.lockf(file, os.F_LOCK, 0)
    os.lockf(file, os.F_ULOCK, 0)
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))
    other = os.open('o', os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    print(os.sendfile(other, file, 0, 100), os.copy_file_range(file, other, 10, 0))
    copy = os.dup2(os.dup(file), 99)
    os.close(copy)
    os.ftruncate(file, 0)
    os.close(other)
    for _ in range(TIMES):
        with tempfile.NamedTemporaryFile() as named, tempfile.TemporaryFile() as unnamed:
            named.write(b'x' * 100000)
            unnamed.writelines([b'y' * 10000] * 10)
            named.seek(0)
            assert len(named.read()) == 100000
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory, 'x').touch()


def mapped():
    with open('m', 'w+b') as file:
        file.truncate(1 << 20)
        with mmap.mmap(file.fileno(), 0) as area:
            area[0:3] = b'abc'
            area.flush()
            area.madvise(mmap.MADV_DONTNEED)
            area.resize(1 << 21)
            print(area[:3], area.find(b'c'), area.size())
    with mmap.mmap(-1, 1 << 16, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS) as area:
        child = os.fork()
        if not child:
            area[:5] = b'child'
            os._exit(0)
        os.waitpid(child, 0)
        print(area[:5])
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=65536)
    memory.buf[0] = 7
    again = multiprocessing.shared_memory.SharedMemory(memory.name)
    print(again.buf[0])
    again.close()
    memory.close()
    memory.unlink()
    anonymous = os.memfd_create('x', os.MFD_ALLOW_SEALING)
    fcntl.fcntl(anonymous, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    refused(errno.EPERM, os.write, anonymous, b'x')
    os.close(anonymous)


def processes():
    for _ in range(TIMES):
        print(subprocess.run(['cat'], input=b'q', capture_output=True, check=True).stdout)
        print(subprocess.run('echo $((1 + 1)) $A; pwd; exit 3', shell=True, capture_output=True, cwd='/',
                             env={'A': 'b'}, start_new_session=True))
        refused(errno.ENOENT, subprocess.run, ['./none'])
        refused(errno.EACCES, subprocess.run, ['/'])
        sleeper = subprocess.Popen(['sleep', '100'], preexec_fn=os.setpgrp)
        sleeper.send_signal(signal.SIGSTOP)
        os.waitpid(sleeper.pid, os.WUNTRACED)
        os.killpg(sleeper.pid, signal.SIGKILL)
        try:
            subprocess.run(['sleep', '100'], timeout=0.05)
        except subprocess.TimeoutExpired:
            print(sleeper.wait())
        null = [(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)]
        child = os.posix_spawn('/bin/echo', ['echo', 'x'], os.environ, file_actions=null, setsigdef=[signal.SIGPIPE])
        handle = os.pidfd_open(child)
        select.select([handle], [], [], 10)
        print(os.waitid(os.P_PIDFD, handle, os.WEXITED).si_status, os.system('exit 4') >> 8)
        os.close(handle)
        with os.popen('echo popen') as pipe:
            print(pipe.read().strip())
        if not os.getuid():
            subprocess.run(['id', '-un'], user='nobody', group='nogroup', extra_groups=[], umask=0o77, check=True)
        child = os.fork()
        if not child:
            os.execvp('sh', ['sh', '-c', 'kill -9 $$'])
        print(os.wait4(child, 0)[1])


def terminals():
    child, terminal = pty.fork()
    if not child:
        os.execvp('sh', ['sh', '-c', 'read line; echo got $line; test -t 0'])
    os.write(terminal, b'typed\n')
    output = b''
    try:
        while data := os.read(terminal, 1000):
            output += data
    except OSError as error:
        assert error.errno == errno.EIO
    print(output, os.waitpid(child, 0)[1])
    os.close(terminal)
    outer, inner = os.openpty()
    tty.setraw(inner)
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack('4H', 20, 70, 0, 0))
    termios.tcflush(inner, termios.TCIFLUSH)
    print(os.get_terminal_size(inner), os.isatty(outer), os.ttyname(inner).startswith('/dev/pts/'))
    os.close(outer)
    os.close(inner)
    curses.setupterm('vt100', 1)


def pools():
    for method in 'fork', 'spawn', 'forkserver':
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, sum(pool.map(square, range(20 * TIMES))))
            pool.close()
            pool.join()
    queue, lock, event = multiprocessing.Queue(), multiprocessing.Lock(), multiprocessing.Event()
    child = multiprocessing.Process(target=queue.put, args=('x' * 100000,))
    child.start()
    print(len(queue.get()))
    child.join()
    with lock:
        event.set()
    with multiprocessing.Manager() as manager:
        shared = manager.dict(a=1)
        shared['b'] = 2
        print(dict(shared))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        print(sum(pool.map(square, range(50 * TIMES))))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print(sum(pool.map(square, range(50 * TIMES))))
    barrier, condition, local = threading.Barrier(8), threading.Condition(), threading.local()

    def meet():
        local.x = 1
        barrier.wait()
        with condition:
            condition.wait(0.001)
    for _ in range(TIMES):
        threads = [threading.Thread(target=meet) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def signals():
    seen = []
    signal.signal(signal.SIGALRM, lambda number, _: seen.append(number))
    for _ in range(10 * TIMES):
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        while not seen:
            time.sleep(0.05)
        seen.clear()
    signal.alarm(0)
    ours = {signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, ours)
    os.kill(os.getpid(), signal.SIGUSR1)
    print(signal.sigpending() == {signal.SIGUSR1}, signal.sigwait(ours), signal.sigtimedwait(ours, 0.001))
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)
    print(signal.sigwaitinfo(ours).si_signo)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ours)
    signal.siginterrupt(signal.SIGALRM, False)
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer)
    signal.raise_signal(signal.SIGALRM)
    print(os.read(reader, 1)[0], signal.set_wakeup_fd(-1) == writer)
    handle = os.pidfd_open(os.getpid())
    signal.pidfd_send_signal(handle, signal.SIGALRM)
    os.close(handle)


def sockets():
    one, other = socket.socketpair()
    socket.send_fds(one, [b'x'], [0, 1])
    _, received, *_ = socket.recv_fds(other, 1, 2)
    print(len(received))
    for descriptor in received:
        os.close(descriptor)
    for kind in selectors.EpollSelector, selectors.PollSelector, selectors.SelectSelector:
        with kind() as selector:
            selector.register(other, selectors.EVENT_READ | selectors.EVENT_WRITE)
            one.send(b'x')
            print(selector.select(10)[0][1])
    with open('f', 'w+b') as file:
        file.write(b'x' * 10000)
        print(one.sendfile(file, 0), one.shutdown(socket.SHUT_WR), len(other.recv(20000, socket.MSG_WAITALL)))
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_UNIX, 'datagram')):
        with socket.socket(family, socket.SOCK_DGRAM) as datagram:
            datagram.bind((address, 0) if family == socket.AF_INET else address)
            datagram.sendmsg([b'a', b'b'], [], 0, datagram.getsockname())
            print(datagram.recvmsg(10)[0])
    with socket.create_server(('127.0.0.1', 0), reuse_port=True) as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)
        with socket.create_connection(server.getsockname()) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            print(client.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE), client.getpeername() == server.getsockname())
    with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Upper) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        for i in range(20 * TIMES):
            with socket.create_connection(server.server_address) as client, client.makefile('rwb') as stream:
                stream.write(b'line %d\n' % i)
                stream.flush()
                assert stream.readline() == b'LINE %d\n' % i
        server.shutdown()
        thread.join()
    assert socket.if_nameindex() and socket.getaddrinfo('localhost', 80) and socket.gethostname()
    refused(errno.EADDRNOTAVAIL, socket.create_server, ('192.0.2.1', 0))


class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline().upper())


def foreign():
    libc, libm = ctypes.CDLL(None, use_errno=True), ctypes.CDLL('libm.so.6')
    libm.cos.restype = ctypes.c_double
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 5)(5, 3, 1, 4, 2)

    def difference(x, y):
        os.getppid()  # a call from below qsort()
        return x[0] - y[0]
    libc.qsort(numbers, 5, 4, compare(difference))
    print(list(numbers), libm.cos(ctypes.c_double(0)), libc.getpid() == os.getpid() == libc.syscall(39))
    print(libc.close(-1), ctypes.get_errno() == errno.EBADF, ctypes.util.find_library('z'))


def system():
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    refused(errno.EAGAIN, os.read, reader, 1)
    other_reader, other_writer = os.pipe()
    os.write(writer, b'z')
    print(os.splice(reader, other_writer, 1), os.read(other_reader, 1))
    counter = os.eventfd(2)
    print(os.eventfd_read(counter), len(os.getrandom(8)), os.sched_getscheduler(0), os.umask(0o22) >= 0)
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    os.sched_yield()
    os.setpriority(os.PRIO_PROCESS, 0, os.nice(0))
    os.sync()
    assert os.getloadavg() and os.times() and os.uname()
    assert os.getsid(0) and os.getpgid(0) and os.getgroups() is not None
    assert os.getresuid() and os.ctermid() and os.sysconf('SC_NPROCESSORS_ONLN') and os.sched_rr_get_interval(0) >= 0
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    resource.prlimit(0, resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    kept = []
    try:
        while True:
            kept.append(os.dup(0))
    except OSError as error:
        print(errno.errorcode[error.errno])
    for descriptor in kept:
        os.close(descriptor)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0, pwd.getpwnam('root').pw_uid, grp.getgrgid(0).gr_name)
    locale.setlocale(locale.LC_ALL, 'C')
    time.tzset()
    print(time.strftime('%F', time.gmtime(0)), time.clock_getres(time.CLOCK_MONOTONIC) > 0, uuid.uuid1().version)
    syslog.openlog('workload', syslog.LOG_NDELAY)
    syslog.closelog()
    logger = logging.getLogger('x')
    logger.addHandler(logging.handlers.RotatingFileHandler('log', maxBytes=1000, backupCount=2))
    for i in range(200):
        logger.error('line %d', i)
    print(sorted(glob.glob('log*')))


def archives():
    data = random.Random(1).randbytes(1000) * 200
    for module in zlib, bz2, lzma:
        assert module.decompress(module.compress(data)) == data
    for _ in range(TIMES):
        for module in gzip, bz2, lzma:
            with module.open('compressed', 'wb') as file:
                file.write(data)
            with module.open('compressed') as file:
                assert file.read() == data
        with tarfile.open('x.tar.gz', 'w:gz') as archive:
            archive.add('compressed')
        with tarfile.open('x.tar.gz') as archive:
            archive.extractall('extracted')
        with zipfile.ZipFile('x.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
            archive.write('compressed')
        print(zipfile.ZipFile('x.zip').testzip(), os.listdir('extracted'))
    with dbm.open('keys', 'c') as database:
        database['a'] = 'b'
        print(database['a'])
    with shelve.open('shelf') as shelf:
        shelf['list'] = list(range(1000))
        print(len(shelf['list']))


if __name__ == '__main__':
    for work in (names, contents, mapped, processes, terminals, pools, signals, sockets, foreign, archives, system):
        work()
        print(work.__name__, flush=True)
