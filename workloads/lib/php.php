<?php
// What of php and its extensions reaches the system: php.php TIMES, in an empty directory; ../cert.pem and ../both.pem
// are there.
$times = (int) $argv[1];
pcntl_async_signals(true);

function check(bool $true, string $what): void
{
    if (!$true) {
        throw new Exception($what);
    }
}

function files(int $times): void
{
    mkdir('a/b', recursive: true);
    file_put_contents('a/f', str_repeat('x', 100000), LOCK_EX);
    link('a/f', 'a/h');
    symlink('f', 'a/s');
    rename('a/h', 'a/r');
    chmod('a/r', 0600);
    touch('a/r', 1, 1);
    copy('a/f', 'a/c');
    posix_mkfifo('a/p', 0600);
    chown('a/c', posix_getuid());
    clearstatcache();
    echo implode(' ', scandir('a')), ' ', filesize('a/c'), ' ', readlink('a/s'), ' ', filetype('a/p'), ' ',
        filemtime('a/r'), "\n";
    check(realpath('a/s') === realpath('a/f') && is_writable('a/f') && disk_free_space('.') > 0, 'a path');
    check(!@mkdir('a') && !@rmdir('a') && !@file_get_contents('none') && !@unlink('a'), 'an error is none');
    for ($i = 0; $i < 5 * $times; $i++) {
        $file = fopen('a/c', 'c+');
        flock($file, LOCK_EX);
        ftruncate($file, 10);
        fseek($file, 0, SEEK_END);
        fwrite($file, 'end');
        fsync($file);
        fdatasync($file);
        rewind($file);
        check(strlen(fread($file, 100)) === 13 && fstat($file)['size'] === 13, 'a file');
        stream_set_write_buffer($file, 0);
        fclose($file);
        $temporary = tmpfile();
        fwrite($temporary, str_repeat('y', 10000));
        unlink(tempnam('.', 'x'));
        $memory = fopen('php://temp/maxmemory:1000', 'w+');
        fwrite($memory, str_repeat('z', 5000));
        $gzip = gzopen('text.gz', 'w');
        gzwrite($gzip, str_repeat('line ', 10000));
        gzclose($gzip);
        check(strlen(file_get_contents('compress.zlib://text.gz')) === 50000, 'gzip');
    }
    echo iterator_count(new RecursiveIteratorIterator(new RecursiveDirectoryIterator('a'))), ' ',
        count(glob('a/*')), ' ',
        substr(hash_file('sha256', 'a/f'), 0, 16), ' ', (new finfo(FILEINFO_MIME_TYPE))->file('text.gz'), "\n";
    $archive = new PharData('x.tar');
    $archive->addFile('a/f', 'f');
    $archive->extractTo('extracted');
    echo filesize('extracted/f'), "\n";
    foreach (['a/p', 'a/s', 'a/f', 'a/r', 'a/c'] as $name) {
        unlink($name);
    }
    rmdir('a/b');
    rmdir('a');
}

function processes(int $times): void
{
    for ($i = 0; $i < $times; $i++) {
        $pipes = [];
        $files = [['pipe', 'r'], ['pipe', 'w'], ['file', 'error', 'w']];
        $process = proc_open(['cat'], $files, $pipes, null, ['A' => 'b']);
        fwrite($pipes[0], str_repeat('x', 50000));
        fclose($pipes[0]);
        echo strlen(stream_get_contents($pipes[1])), ' ', proc_close($process), ' ';
        exec('echo out; exit 3', $output, $status);
        echo $status, ' ', trim(shell_exec('echo $((1 + 1))')), ' ', system('true'), ' ';
        $pipe = popen('cat >/dev/null; exit 4', 'w');
        fwrite($pipe, 'x');
        echo pclose($pipe), ' ';
        $sleeper = proc_open('exec sleep 100', [], $pipes, '/');
        proc_terminate($sleeper);
        while (($state = proc_get_status($sleeper))['running']) {
            usleep(1000);
        }
        echo $state['termsig'], ' ';
        if (!($child = pcntl_fork())) {
            pcntl_exec('/bin/sh', ['-c', 'exit 5']);
        }
        pcntl_waitpid($child, $status);
        echo pcntl_wexitstatus($status), "\n";
    }
    if (posix_getuid() === 0 && !pcntl_fork()) {
        posix_setgid(65534);
        posix_setuid(65534);
        echo 'dropped to ', posix_geteuid(), "\n";
        posix_kill(posix_getpid(), SIGKILL);
    }
    pcntl_wait($status);
    $terminal = proc_open('read line; echo got $line; test -t 0', [['pty'], ['pty'], ['pty']], $pipes);
    if ($terminal) {
        fwrite($pipes[0], "typed\n");
        echo fgets($pipes[1]), fgets($pipes[1]), proc_close($terminal), "\n";
    }
}

function signals(int $times): void
{
    $seen = 0;
    pcntl_signal(SIGUSR1, function () use (&$seen) { $seen++; });
    pcntl_signal(SIGALRM, function () use (&$seen) { $seen += 1000; });
    for ($i = 0; $i < 10 * $times; $i++) {
        posix_kill(getmypid(), SIGUSR1);
    }
    pcntl_alarm(100);
    posix_kill(getmypid(), SIGALRM);
    pcntl_alarm(0);
    pcntl_sigprocmask(SIG_BLOCK, [SIGUSR2]);
    posix_kill(getmypid(), SIGUSR2);
    echo $seen, ' ', pcntl_sigwaitinfo([SIGUSR2]), ' ', pcntl_sigtimedwait([SIGUSR2], $info, 0, 1000), "\n";
}

function system_v(int $times): void
{
    for ($i = 0; $i < $times; $i++) {
        $key = ftok(__FILE__, 'x') + getmypid();
        $memory = shm_attach($key, 10000, 0600);
        shm_put_var($memory, 1, ['a' => 1]);
        $semaphore = sem_get($key);
        sem_acquire($semaphore);
        $queue = msg_get_queue($key, 0600);
        msg_send($queue, 1, 'message');
        msg_receive($queue, 0, $type, 1000, $message, true, MSG_IPC_NOWAIT);
        echo shm_get_var($memory, 1)['a'], ' ', $message, ' ', msg_stat_queue($queue)['msg_qnum'], "\n";
        sem_release($semaphore);
        sem_remove($semaphore);
        shm_remove($memory);
        msg_remove_queue($queue);
        $block = shmop_open($key, 'c', 0600, 100);
        shmop_write($block, 'block', 0);
        echo shmop_read($block, 0, 5), "\n";
        shmop_delete($block);
    }
}

// Answers $requests lines that come in over $server, in another process.
function answer($server, int $requests): int
{
    if ($child = pcntl_fork()) {
        return $child;
    }
    for ($i = 0; $i < $requests; $i++) {
        $client = stream_socket_accept($server, 20);
        fwrite($client, strtoupper(fgets($client)));
        fclose($client);
    }
    posix_kill(posix_getpid(), SIGKILL); // without what this process would do at its end
}

function streams(int $times): void
{
    $tls = ['local_cert' => '../both.pem', 'cafile' => '../cert.pem', 'peer_name' => 'localhost'];
    foreach (['tcp' => 20, 'unix' => 20, 'tls' => 3] as $kind => $requests) {
        $context = stream_context_create(['ssl' => $tls]);
        $server = stream_socket_server($kind === 'unix' ? 'unix://socket' : "$kind://127.0.0.1:0", context: $context);
        $child = answer($server, $requests * $times);
        for ($i = 0; $i < $requests * $times; $i++) {
            $address = ($kind === 'unix' ? '' : "$kind://") . stream_socket_get_name($server, false);
            $client = stream_socket_client($kind === 'unix' ? 'unix://socket' : $address, $number, $text, 20,
                STREAM_CLIENT_CONNECT, $context);
            fwrite($client, "line $i\n");
            check(fgets($client) === "LINE $i\n", 'an answer');
            fclose($client);
        }
        pcntl_waitpid($child, $status);
        echo "$kind $i\n";
    }
    unlink('socket');
    [$one, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_blocking($one, false);
    check(fread($one, 1) === '', 'there is something to read');
    check(@stream_socket_client('tcp://127.0.0.1:1', $number, $text, 1) === false, 'an error is none');
    fwrite($other, 'x');
    $ready = [$one];
    $none = null;
    echo stream_select($ready, $none, $none, 10), ' ', fread($one, 1), ' ',
        $number === SOCKET_ECONNREFUSED ? 'refused' : $text, "\n";
    stream_socket_shutdown($other, STREAM_SHUT_WR);
}

function sockets(int $times): void
{
    $server = socket_create_listen(0);
    socket_getsockname($server, $address, $port);
    for ($i = 0; $i < 10 * $times; $i++) {
        $client = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
        socket_connect($client, '127.0.0.1', $port);
        socket_set_option($client, SOL_TCP, TCP_NODELAY, 1);
        $peer = socket_accept($server);
        socket_write($peer, "hello\n");
        check(socket_read($client, 100, PHP_NORMAL_READ) === "hello\n", 'a socket');
        socket_shutdown($client);
        socket_close($client);
    }
    socket_create_pair(AF_UNIX, SOCK_DGRAM, 0, $pair);
    $rights = ['level' => SOL_SOCKET, 'type' => SCM_RIGHTS, 'data' => [$server]];
    socket_sendmsg($pair[0], ['iov' => ['message'], 'control' => [$rights]]);
    $received = ['iov' => [], 'buffer_size' => 100, 'controllen' => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1)];
    socket_recvmsg($pair[1], $received);
    $ready = [$pair[1]];
    $none = null;
    echo $received['iov'][0], ' ', count($received['control']), ' ', socket_select($ready, $none, $none, 0, 1000), "\n";
    $datagram = socket_create(AF_INET, SOCK_DGRAM, SOL_UDP);
    socket_bind($datagram, '127.0.0.1');
    socket_getsockname($datagram, $address, $port);
    socket_sendto($datagram, 'datagram', 8, 0, '127.0.0.1', $port);
    socket_recvfrom($datagram, $text, 100, 0, $address, $port);
    echo $text, ' ', gethostbyname('localhost'), ' ', count(net_get_interfaces()) > 0, "\n";
}

function data(int $times): void
{
    mkdir('sessions');
    session_save_path('sessions');
    session_start(['use_cookies' => 0]);
    $_SESSION['a'] = 1;
    session_commit();
    $lines = array_map(fn ($i) => $i * 7919 % 10007, range(1, 50000 * min($times, 20)));
    sort($lines);
    preg_match_all('/\d+/', implode(' ', $lines), $matches);
    echo count(glob('sessions/*')), ' ', count($matches[0]), ' ', json_decode('[1]')[0], ' ',
        strlen(random_bytes(8)), "\n";
    $c = FFI::cdef('int getppid(void);');
    check($c->getppid() === posix_getppid(), 'FFI');
    echo posix_getpwnam('root')['uid'], ' ', posix_isatty(STDIN) ? 'terminal' : 'no terminal', ' ',
        posix_uname()['sysname'], ' ',
        strlen(sodium_crypto_secretbox('x', str_repeat('n', 24), str_repeat('k', 32))), ' ',
        iconv('UTF-8', 'LATIN1', 'é') === "\xe9", "\n";
    check((bool) openssl_pkey_new(['private_key_bits' => 1024]), 'no key');
    check(getrusage()['ru_stime.tv_sec'] >= 0 && sys_getloadavg(), 'the system');
    pcntl_setpriority(pcntl_getpriority());
    check(count(posix_getrlimit()) > 0 && strlen(posix_getcwd()) > 0 && posix_getpgrp() > 0, 'limits');
    check(!@include 'none.php', 'it includes nothing');
}

register_shutdown_function(function () { echo "end\n"; });
foreach (['data', 'files', 'processes', 'signals', 'system_v', 'streams', 'sockets'] as $work) {
    $work($times);
    echo "$work\n";
}
