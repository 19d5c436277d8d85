<?php // What php -S of php_server.sh answers: one path for each feature.
header('Content-Type: text/plain');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
switch ($path) {
    case '/hash':
        foreach (['sha256', 'xxh3', 'crc32b'] as $name) echo hash($name, str_repeat('text', 10000)), "\n";
        echo strlen(password_hash('word', PASSWORD_BCRYPT, ['cost' => 4])), ' ',
            bin2hex(sodium_crypto_generichash('text')), "\n";
        echo strlen(random_bytes(20)), ' ', openssl_digest('text', 'sha1'), "\n";
        break;
    case '/files':
        $directory = sys_get_temp_dir() . '/' . uniqid('files', true);
        mkdir($directory);
        file_put_contents("$directory/a", str_repeat("line\n", 1000), LOCK_EX);
        file_put_contents("$directory/a", "more\n", FILE_APPEND);
        symlink('a', "$directory/l");
        link("$directory/a", "$directory/h");
        rename("$directory/h", "$directory/b");
        chmod("$directory/b", 0600);
        touch("$directory/b", 1000000000);
        $file = fopen("$directory/a", 'r+');
        flock($file, LOCK_EX) && fseek($file, 100) === 0 && ftruncate($file, 200) && fsync($file) && fclose($file);
        file_put_contents("compress.zlib://$directory/z.gz", str_repeat('text', 1000));
        clearstatcache();
        echo filesize("$directory/b"), ' ', decoct(fileperms("$directory/b")), ' ', readlink("$directory/l"), ' ',
            strlen(file_get_contents("compress.zlib://$directory/z.gz")), ' ',
            implode(',', array_diff(scandir($directory), ['.', '..'])), "\n";
        $archive = new PharData("$directory/archive.tar");
        $archive->addFile("$directory/b", 'b');
        echo count($archive), ' ', (new finfo(FILEINFO_MIME_TYPE))->file("$directory/z.gz"), "\n";
        array_map('unlink', glob("$directory/*"));
        rmdir($directory);
        echo @file_get_contents('/nonexistent') === false ? "none\n" : "some\n";
        break;
    case '/processes':
        echo shell_exec('echo by a shell');
        $process = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
        fwrite($pipes[0], "through cat\n");
        fclose($pipes[0]);
        echo stream_get_contents($pipes[1]);
        echo proc_close($process), "\n";
        $child = pcntl_fork();
        if (!$child) posix_kill(posix_getpid(), SIGKILL);
        pcntl_waitpid($child, $status);
        echo pcntl_wtermsig($status), "\n";
        break;
    case '/shared':
        $key = ftok($_SERVER['SCRIPT_FILENAME'], 'x') ^ getmypid() << 8;
        $semaphore = sem_get($key);
        $queue = msg_get_queue($key);
        $memory = shmop_open($key, 'c', 0600, 4096);
        sem_acquire($semaphore) && shmop_write($memory, 'shared', 0) && msg_send($queue, 1, [1, 2]);
        msg_receive($queue, 1, $type, 1000, $message);
        echo shmop_read($memory, 0, 6), ' ', count($message), "\n";
        sem_release($semaphore) && sem_remove($semaphore) && msg_remove_queue($queue) && shmop_delete($memory);
        break;
    case '/sockets':
        socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
        socket_write($pair[0], 'pair');
        $read = [$pair[1]];
        echo socket_select($read, $write, $except, 5), ' ', socket_read($pair[1], 10), "\n";
        $server = stream_socket_server('tcp://127.0.0.1:0');
        $client = stream_socket_client('tcp://' . stream_socket_get_name($server, false));
        fwrite(stream_socket_accept($server), "over TCP\n");
        echo fgets($client), gethostbyname('localhost'), "\n";
        break;
    case '/session':
        session_save_path(sys_get_temp_dir());
        session_start(['gc_probability' => 0]);
        echo $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1, "\n";
        break;
    case '/upload':
        $target = sys_get_temp_dir() . '/' . uniqid('upload', true);
        echo move_uploaded_file($_FILES['file']['tmp_name'], $target) ? hash_file('crc32b', $target) : 'none', ' ',
            $_POST['word'], "\n";
        unlink($target);
        break;
    case '/compute':
        for ($i = 0, $words = []; $i < 20000; $i++) $words[] = substr(md5((string)$i), 0, 8);
        sort($words);
        echo $words[0], ' ', preg_match_all('/\d{3,}[a-f]/', implode(' ', $words)), ' ', strlen(json_encode($words)),
            ' ', iconv('UTF-8', 'ISO-8859-1', "gr\u{fc}n") === "gr\xfcn" ? 'iconv' : 'none', ' ',
            FFI::cdef('int abs(int);')->abs(-3), "\n";
        break;
    case '/error':
        throw new Exception('as asked for');
    case '/slow':
        usleep(100000);
        flush();
        time_nanosleep(0, 1000);
        echo "slow\n";
        break;
    default:
        return false; // a file
}
