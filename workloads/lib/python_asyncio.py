# asyncio, under each selector: python_asyncio.py TIMES; cert.pem and key.pem are in the current directory.
import asyncio
import concurrent.futures
import os
import selectors
import signal
import socket
import ssl
import sys
import tempfile
import time
import warnings

warnings.simplefilter('ignore')
TIMES = int(sys.argv[1])
server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_tls.load_cert_chain('cert.pem', 'key.pem')
client_tls = ssl.create_default_context(cafile='cert.pem')


async def answer(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def ask(reader, writer, lines):
    total = 0
    for i in range(lines):
        writer.write(b'line %d\n' % i)
        await writer.drain()
        total += len(await reader.readline())
    writer.close()
    await writer.wait_closed()
    return total


async def tcp():
    server = await asyncio.start_server(answer, '127.0.0.1', 0, reuse_port=True)
    address = server.sockets[0].getsockname()

    async def client():
        return await ask(*await asyncio.open_connection(*address), 5)
    async with server:
        total = 0
        for _ in range(TIMES):
            total += sum(await asyncio.gather(*(client() for _ in range(20))))
        return total


async def tls():
    async with await asyncio.start_server(answer, '127.0.0.1', 0, ssl=server_tls) as server:
        address = server.sockets[0].getsockname()
        total = 0
        for _ in range(2 * TIMES):
            total += await ask(*await asyncio.open_connection(*address, ssl=client_tls, server_hostname='localhost'), 5)
        try:
            await asyncio.open_connection(*address, ssl=client_tls, server_hostname='elsewhere')
        except ssl.SSLCertVerificationError:
            total += 1
        return total


async def unix():
    async with await asyncio.start_unix_server(answer, 'socket'):
        total = 0
        for _ in range(5 * TIMES):
            total += await ask(*await asyncio.open_unix_connection('socket'), 5)
    os.unlink('socket')
    return total


async def send_file():
    received = asyncio.get_running_loop().create_future()

    async def count(reader, writer):
        received.set_result(len(await reader.read()))
        writer.close()
    async with await asyncio.start_server(count, '127.0.0.1', 0) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        with tempfile.TemporaryFile() as file:
            file.truncate(1000000)
            await asyncio.get_running_loop().sendfile(writer.transport, file)
        writer.close()
        return await received


async def sockets():
    loop = asyncio.get_running_loop()
    with socket.create_server(('127.0.0.1', 0)) as server, socket.socket() as client:
        server.setblocking(False)
        client.setblocking(False)
        accepted, _ = await asyncio.gather(loop.sock_accept(server), loop.sock_connect(client, server.getsockname()))
        with accepted[0] as peer:
            data = bytearray(300000)
            sent = asyncio.ensure_future(loop.sock_sendall(client, b'x' * 300000))
            total = 0
            while total < 300000:
                total += await loop.sock_recv_into(peer, data)
            await sent
    with socket.socket() as closed:
        closed.bind(('127.0.0.1', 0))
        try:
            await asyncio.open_connection(*closed.getsockname())
        except ConnectionRefusedError:
            total += 1
    return total


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data[::-1], address)


class Collect(asyncio.DatagramProtocol):
    def __init__(self):
        self.queue = asyncio.Queue()

    def datagram_received(self, data, _):
        self.queue.put_nowait(data)


async def datagrams():
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(Echo, ('127.0.0.1', 0))
    client, protocol = await loop.create_datagram_endpoint(Collect, remote_addr=server.get_extra_info('sockname'))
    for i in range(20 * TIMES):
        client.sendto(b'%d' % i)
        assert await protocol.queue.get() == (b'%d' % i)[::-1]
    client.close()
    server.close()
    return 20 * TIMES


async def processes():
    pipe = asyncio.subprocess.PIPE
    total = 0
    for _ in range(TIMES):
        process = await asyncio.create_subprocess_exec('cat', stdin=pipe, stdout=pipe)
        total += len((await process.communicate(b'x' * 100000))[0])
        process = await asyncio.create_subprocess_shell('echo out; echo error >&2; exit 3', stdout=pipe, stderr=pipe)
        assert await process.communicate() == (b'out\n', b'error\n')
        total += process.returncode
    process = await asyncio.create_subprocess_exec('cat', stdin=pipe, stdout=pipe)
    process.stdin.write(b'running\n')
    assert await process.stdout.readline() == b'running\n'  # killed while it starts, it would ask for less
    process.terminate()
    return total - await process.wait()


async def pipes():
    loop = asyncio.get_running_loop()
    read_end, write_end = os.pipe()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, 'rb'))
    transport, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(write_end, 'wb'))
    transport.write(b'x' * 200000)
    transport.close()
    return len(await reader.read())


async def signals():
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()
    for number in signal.SIGUSR1, signal.SIGUSR2:
        loop.add_signal_handler(number, queue.put_nowait, number)
    total = 0
    for i in range(10 * TIMES):
        os.kill(os.getpid(), signal.SIGUSR1 if i % 2 else signal.SIGUSR2)
        total += await queue.get()
    for number in signal.SIGUSR1, signal.SIGUSR2:
        loop.remove_signal_handler(number)
    return total


def blocking(i):
    time.sleep(0.001)
    return i


async def executors():
    loop = asyncio.get_running_loop()
    total = sum(await asyncio.gather(*(asyncio.to_thread(blocking, i) for i in range(20 * TIMES))))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        total += sum(await asyncio.gather(*(loop.run_in_executor(pool, blocking, i) for i in range(20))))
    assert await loop.getaddrinfo('localhost', 80, family=socket.AF_INET)
    return total


async def waiting():
    lock, done = asyncio.Lock(), 0
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(100)
    except TimeoutError:
        done += 1

    async def locked():
        nonlocal done
        async with lock:
            await asyncio.sleep(0.001)
            done += 1
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(locked())
    return done


async def everything():
    for work in tcp, tls, unix, send_file, sockets, datagrams, processes, pipes, signals, executors, waiting:
        print(work.__name__, await work(), flush=True)


# Processes are waited for by a thread, by a pidfd, by SIGCHLD.
for selector, watcher in ((selectors.EpollSelector, asyncio.ThreadedChildWatcher),
                          (selectors.PollSelector, asyncio.PidfdChildWatcher),
                          (selectors.SelectSelector, asyncio.SafeChildWatcher)):
    print(selector.__name__)
    loop = asyncio.SelectorEventLoop(selector())
    asyncio.set_event_loop(loop)
    children = watcher()
    if watcher is not asyncio.ThreadedChildWatcher:
        children.attach_loop(loop)
    asyncio.set_child_watcher(children)
    loop.run_until_complete(everything())
    loop.run_until_complete(loop.shutdown_default_executor())
    children.close()
    loop.close()
