// What of java and its library reaches the system: Workload TIMES, in an empty directory; ../keys.p12 is there.
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Workload {
    static ExecutorService executor;

    static void check(boolean true_, String what) {
        if (!true_)
            throw new IllegalStateException(what);
    }

    static void refused(Class<? extends Exception> wanted, Callable<?> call) {
        try {
            call.call();
        } catch (Exception exception) {
            check(wanted.isInstance(exception), exception.toString());
            return;
        }
        throw new IllegalStateException("there is no " + wanted);
    }

    static HttpServer serve(HttpServer server) throws Exception {
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 5);
            exchange.getResponseBody().write("hello".getBytes());
            exchange.close();
        });
        server.setExecutor(executor);
        server.start();
        return server;
    }

    static int ask(HttpClient client, String url, int requests) throws Exception {
        int total = 0;
        for (int i = 0; i < requests; i++) {
            var request = HttpRequest.newBuilder(URI.create(url));
            if (i % 2 == 1)
                request.POST(HttpRequest.BodyPublishers.ofByteArray(new byte[10000]));
            total += client.send(request.build(), BodyHandlers.ofString()).body().length();
        }
        return total;
    }

    static void web(int times) throws Exception {
        var address = new InetSocketAddress("127.0.0.1", 0);
        HttpServer server = serve(HttpServer.create(address, 0));
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        System.out.println(ask(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(), url, 40 * times));
        server.stop(0);

        KeyStore keys = KeyStore.getInstance(Path.of("../keys.p12").toFile(), "password".toCharArray());
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, "password".toCharArray());
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("a", keys.getCertificate("a"));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), trust.getTrustManagers(), null);
        HttpsServer secure = HttpsServer.create(address, 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(context));
        serve(secure);
        var client = HttpClient.newBuilder().sslContext(context).build();
        System.out.println(ask(client, "https://localhost:" + secure.getAddress().getPort(), 5 * times));
        secure.stop(0);
    }

    static void files(int times) throws Exception {
        Path directory = Files.createTempDirectory(Path.of("."), "d");
        Path file = directory.resolve("x");
        for (int i = 0; i < 5 * times; i++) {
            Files.write(file, new byte[100000]);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                 FileChannel copy = FileChannel.open(directory.resolve("y"), StandardOpenOption.CREATE,
                                                  StandardOpenOption.WRITE)) {
                channel.lock().release();
                var mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 100000);
                mapped.put(0, (byte) 1);
                mapped.force();
                channel.transferTo(0, 100000, copy);
                channel.write(new ByteBuffer[] {ByteBuffer.allocateDirect(100), ByteBuffer.allocate(100)});
                channel.read(ByteBuffer.allocateDirect(1000), 50);
                channel.truncate(10);
                channel.force(false);
            }
            try (var random = new RandomAccessFile(file.toFile(), "rwd")) {
                random.seek(random.length());
                random.writeInt(1);
                random.setLength(5);
            }
            try (var asynchronous = AsynchronousFileChannel.open(file, StandardOpenOption.READ)) {
                check(asynchronous.read(ByteBuffer.allocate(10), 0).get() == 5, "an asynchronous read");
            }
            Files.copy(file, directory.resolve("z"), StandardCopyOption.REPLACE_EXISTING,
                       StandardCopyOption.COPY_ATTRIBUTES);
            Files.move(directory.resolve("z"), directory.resolve("y"), StandardCopyOption.ATOMIC_MOVE);
        }
        Files.createSymbolicLink(directory.resolve("s"), Path.of("x"));
        Files.createLink(directory.resolve("l"), file);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1000));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Files.setOwner(file, Files.getOwner(file));
        check(Files.getFileStore(file).getUsableSpace() > 0, "the file's system");
        check(Files.isSameFile(file, directory.resolve("s")), "the file");
        try (var names = Files.list(directory)) {
            System.out.println(names.map(path -> path.getFileName().toString()).sorted().toList());
        }
        System.out.println(Files.readAttributes(file, "posix:*").get("permissions").toString().length());
        refused(NoSuchFileException.class, () -> Files.readString(Path.of("none")));
        refused(FileAlreadyExistsException.class, () -> Files.createDirectory(directory));
        refused(DirectoryNotEmptyException.class, () -> { Files.delete(directory); return null; });
        try (var watch = directory.getFileSystem().newWatchService()) {
            directory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            Files.createFile(directory.resolve("new"));
            System.out.println(watch.poll(20, TimeUnit.SECONDS).pollEvents().get(0).context());
        }
        try (var walk = Files.walk(directory)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList())
                Files.delete(path);
        }
    }

    static void archives(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            try (var gzip = new GZIPOutputStream(Files.newOutputStream(Path.of("x.gz")))) {
                gzip.write(new byte[1000000]);
            }
            try (var gzip = new GZIPInputStream(Files.newInputStream(Path.of("x.gz")));
                 var zip = new ZipOutputStream(Files.newOutputStream(Path.of("x.zip")))) {
                zip.putNextEntry(new ZipEntry("entry"));
                check(gzip.transferTo(zip) == 1000000, "gzip");
            }
            try (var zip = new ZipFile("x.zip")) {
                byte[] data = zip.getInputStream(zip.getEntry("entry")).readAllBytes();
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(data);
                System.out.println(data.length + " " + digest[0]);
            }
        }
        check(new SecureRandom().generateSeed(8).length == 8, "a seed");
    }

    static void processes(int times) throws Exception {
        for (int i = 0; i < 2 * times; i++) {
            var builder = new ProcessBuilder("sh", "-c", "cat; echo $A; pwd; echo error >&2; exit 3");
            builder.environment().put("A", "b");
            builder.directory(Path.of("/").toFile()).redirectError(Path.of("error").toFile());
            Process process = builder.start();
            try (OutputStream input = process.getOutputStream()) {
                input.write("typed\n".getBytes());
            }
            check(new String(process.getInputStream().readAllBytes()).equals("typed\nb\n/\n"), "the output");
            check(process.waitFor() == 3 && Files.readString(Path.of("error")).equals("error\n"), "the process");
        }
        Process killed = new ProcessBuilder("cat").redirectError(ProcessBuilder.Redirect.DISCARD).start();
        killed.getOutputStream().write("running\n".getBytes());
        killed.getOutputStream().flush();
        check(killed.getInputStream().read() == 'r', "a process that has started");
        check(killed.toHandle().isAlive() && killed.info().startInstant().isPresent(), "a handle");
        killed.destroy();
        System.out.println(killed.waitFor() + " " + killed.onExit().get().exitValue());
        refused(IOException.class, () -> new ProcessBuilder("./none").start());
        check(ProcessHandle.current().pid() > 0 && ProcessHandle.allProcesses().count() > 0, "the processes");
    }

    static void sockets(int times) throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"))) {
            var answered = executor.submit(() -> {
                for (int i = 0; i < 20 * times; i++)
                    try (Socket peer = server.accept()) {
                        peer.getOutputStream().write(peer.getInputStream().read());
                    }
                return true;
            });
            for (int i = 0; i < 20 * times; i++)
                try (var client = new Socket("127.0.0.1", server.getLocalPort())) {
                    client.setTcpNoDelay(true);
                    client.setSoTimeout(20000);
                    client.getOutputStream().write('x');
                    check(client.getInputStream().read() == 'x', "an answer");
                }
            System.out.println(answered.get());
        }
        try (var datagrams = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            datagrams.send(new DatagramPacket(new byte[10], 10, datagrams.getLocalSocketAddress()));
            datagrams.receive(new DatagramPacket(new byte[20], 20));
        }
        check(InetAddress.getAllByName("localhost").length > 0, "names");
        check(NetworkInterface.networkInterfaces().count() > 0, "interfaces");
        refused(ConnectException.class, () -> new Socket("127.0.0.1", 1));
    }

    static void channels(int times) throws Exception {
        try (Selector selector = Selector.open(); ServerSocketChannel server = ServerSocketChannel.open();
             DatagramChannel datagrams = DatagramChannel.open()) {
            datagrams.bind(new InetSocketAddress("127.0.0.1", 0)).configureBlocking(false);
            datagrams.register(selector, SelectionKey.OP_READ);
            server.bind(new InetSocketAddress("127.0.0.1", 0)).configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            int answers = 0;
            for (int i = 0; i < 20 * times; i++) {
                datagrams.send(ByteBuffer.allocate(10), datagrams.getLocalAddress());
                try (SocketChannel client = SocketChannel.open(server.getLocalAddress())) {
                    client.write(new ByteBuffer[] {ByteBuffer.allocate(10), ByteBuffer.allocate(20)});
                    for (int events = 0; events < 2;) {
                        selector.select(20000);
                        for (SelectionKey key : selector.selectedKeys()) {
                            if (key.channel() == server)
                                server.accept().close();
                            else
                                datagrams.receive(ByteBuffer.allocateDirect(100));
                            events++;
                        }
                        selector.selectedKeys().clear();
                    }
                    answers++;
                }
            }
            System.out.println(answers);
        }
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of("socket"));
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of("socket"));
                 var peer = server.accept()) {
                peer.write(ByteBuffer.allocate(10));
                System.out.println(client.read(ByteBuffer.allocate(100)));
            }
        }
        Files.delete(Path.of("socket"));
        Pipe pipe = Pipe.open();
        pipe.sink().write(ByteBuffer.allocate(10));
        System.out.println(pipe.source().read(ByteBuffer.allocate(100)));
    }

    static void threads(int times) throws Exception {
        List<Future<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 100 * times; i++) {
            int number = i;
            futures.add(executor.submit(() -> { Thread.sleep(1); return number; }));
        }
        long total = 0;
        for (var future : futures)
            total += future.get();
        System.out.println(total);
        var barrier = new CyclicBarrier(4);
        var lock = new ReentrantLock(true);
        for (int i = 0; i < times; i++)
            CompletableFuture.allOf(CompletableFuture.runAsync(() -> meet(barrier, lock), executor),
                CompletableFuture.runAsync(() -> meet(barrier, lock), executor),
                CompletableFuture.runAsync(() -> meet(barrier, lock), executor),
                CompletableFuture.runAsync(() -> meet(barrier, lock), executor)).get();
        LockSupport.parkNanos(1000);
        Thread interrupted = new Thread(() -> { while (!Thread.interrupted()) LockSupport.park(); });
        interrupted.start();
        interrupted.interrupt();
        interrupted.join();
        Object monitor = new Object();
        synchronized (monitor) {
            monitor.wait(1);
        }
    }

    static void meet(CyclicBarrier barrier, ReentrantLock lock) {
        try {
            barrier.await();
        } catch (Exception exception) {
            throw new IllegalStateException(exception);
        }
        lock.lock();
        Thread.yield();
        lock.unlock();
    }

    // For the compilers and the collector.
    static void memory(int times) {
        long total = 0;
        List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < 10 * times; i++) {
            for (int j = 0; j < 1000000; j++)
                total += i ^ j;
            for (int j = 0; j < 100; j++) {
                kept.add(new byte[65536]);
                if (kept.size() > 200)
                    kept.clear();
            }
        }
        System.gc();
        System.out.println(total);
        try {
            recurse(0);
        } catch (StackOverflowError error) {
            System.out.println("the stack is full");
        }
        Object nothing = null;
        for (int i = 0; i < 2; i++)
            try {
                nothing.hashCode(); // by SIGSEGV
            } catch (NullPointerException exception) {
                System.out.println("nothing");
            }
    }

    static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    public static void main(String[] arguments) throws Exception {
        int times = Integer.parseInt(arguments[0]);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("end")));
        executor = Executors.newFixedThreadPool(4);
        memory(times);
        threads(times);
        files(times);
        archives(times);
        processes(times);
        sockets(times);
        channels(times);
        web(times);
        executor.shutdown();
        System.exit(executor.awaitTermination(20, TimeUnit.SECONDS) ? 0 : 1);
    }
}
