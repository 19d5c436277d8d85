# TLS and hashes: python_ssl.py TIMES; cert.pem and key.pem are in the current directory.
import hashlib
import hmac
import os
import secrets
import socket
import ssl
import sys
import threading
import warnings

warnings.simplefilter('ignore')
TIMES = int(sys.argv[1])
BIG = bytes(range(256)) * 2000


def server_context(**attributes):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain('cert.pem', 'key.pem')
    context.set_alpn_protocols(['echo', 'other'])
    context.sni_callback = lambda connection, name, context: None
    for name, value in attributes.items():
        setattr(context, name, value)
    return context


def client_context(**attributes):
    context = ssl.create_default_context(cafile='cert.pem')
    context.set_alpn_protocols(['none', 'echo'])
    context.keylog_filename = 'keys.log'
    for name, value in attributes.items():
        setattr(context, name, value)
    return context


class Server(threading.Thread):
    """Accepts connections, and echoes what comes, or sends a file, until it is closed."""

    def __init__(self, context):
        super().__init__()
        self.context, self.listener = context, socket.create_server(('127.0.0.1', 0))
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            try:
                with self.context.wrap_socket(connection, server_side=True) as stream:
                    while data := stream.recv(65536):
                        if data == b'end':
                            return
                        if data == b'file':
                            with open('data', 'rb') as file:
                                stream.sendfile(file)
                        else:
                            stream.sendall(data)
            except OSError:
                connection.close()

    def connect(self, context, name='localhost', session=None):
        raw = socket.create_connection(self.listener.getsockname())
        try:
            return context.wrap_socket(raw, server_hostname=name, session=session)
        except OSError:
            raw.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self.connect(client_context()) as stream:
            stream.sendall(b'end')
            stream.recv(1)
        self.join()
        self.listener.close()


def talk(stream):
    stream.sendall(b'hello')
    assert stream.recv(100) == b'hello'
    return stream.version(), stream.cipher()[0], stream.selected_alpn_protocol()


def versions():
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        with Server(server_context(minimum_version=version, maximum_version=version)) as server:
            for _ in range(2 * TIMES):
                with server.connect(client_context()) as stream:
                    answer = talk(stream)
            print(*answer)


def resumption():
    context = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    with Server(server_context()) as server:
        session, reused = None, 0
        for _ in range(1 + 5 * TIMES):
            with server.connect(context, session=session) as stream:
                talk(stream)
                session, reused = stream.session, reused + stream.session_reused
    print('reused', reused)


def client_certificates():
    context = client_context()
    context.load_cert_chain('cert.pem', 'key.pem')
    needed = server_context(verify_mode=ssl.CERT_OPTIONAL)
    needed.load_verify_locations('cert.pem')
    with Server(needed) as server:
        for _ in range(TIMES):
            with server.connect(context) as stream:
                talk(stream)
                subject = stream.getpeercert()['subject']
    print(subject)


def large():
    with Server(server_context()) as server:
        for _ in range(TIMES):
            with server.connect(client_context()) as stream:
                stream.sendall(b'file')
                received = 0
                while received < len(BIG):
                    received += len(stream.recv(100000))
    print('large', received)


def not_blocking():
    with Server(server_context()) as server:
        raw = socket.create_connection(server.listener.getsockname())
        with client_context().wrap_socket(raw, server_hostname='localhost', do_handshake_on_connect=False) as stream:
            stream.settimeout(10)
            stream.do_handshake()
            stream.settimeout(0)
            try:
                while stream.recv(1):
                    pass
            except ssl.SSLWantReadError:
                print('nothing to read yet')


def in_memory():
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context().wrap_bio(to_client, to_server, server_hostname='localhost')
    server = server_context().wrap_bio(to_server, to_client, server_side=True)
    ends = [client, server]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass
    client.write(BIG[:10000])
    print('in memory', len(server.read(20000)))


def refusals():
    old = dict(minimum_version=ssl.TLSVersion.TLSv1_3)
    with Server(server_context(maximum_version=ssl.TLSVersion.TLSv1_2)) as server:
        for what, context, name in (('authority', ssl.create_default_context(), 'localhost'),
                                    ('name', client_context(), 'elsewhere'),
                                    ('version', client_context(**old), 'localhost')):
            try:
                server.connect(context, name)
            except ssl.SSLError as error:
                print('wrong', what, error.reason)
        with socket.create_connection(server.listener.getsockname()) as stream:
            stream.sendall(b'this is not TLS\r\n\r\n')
            stream.settimeout(10)
            try:
                stream.recv(100)
            except ConnectionError:
                pass
            print('no TLS')


def hashes():
    for name in sorted(hashlib.algorithms_guaranteed):
        with open('data', 'rb') as file:
            digest = hashlib.file_digest(file, name)
        print(name, digest.hexdigest(20) if name.startswith('shake') else digest.hexdigest()[:40])
    print(hashlib.pbkdf2_hmac('sha256', b'password', b'salt', 1000 * TIMES).hex())
    print(hashlib.scrypt(b'password', salt=b'salt', n=1024, r=8, p=1).hex()[:40])
    print(hmac.digest(b'key', BIG, 'sha512').hex()[:40])
    assert len(secrets.token_bytes(100) + ssl.RAND_bytes(100) + os.urandom(100)) == 300


with open('data', 'wb') as output:
    output.write(BIG)
for work in versions, resumption, client_certificates, large, not_blocking, in_memory, refusals, hashes:
    work()
