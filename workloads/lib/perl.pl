# What of perl and its modules reaches the system: perl.pl TIMES, in an empty directory.
use strict;
use warnings;
no warnings 'exec';
use threads;
use threads::shared;
use Cwd;
use Digest::SHA qw(sha256_hex);
use Encode;
use Errno;
use Fcntl qw(:flock :seek :DEFAULT);
use File::Copy;
use File::Find;
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempfile tempdir);
use IO::Compress::Gzip qw(gzip);
use IO::Poll qw(POLLIN);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use IO::Uncompress::Gunzip qw(gunzip);
use IPC::Open3;
use IPC::SysV qw(IPC_PRIVATE IPC_CREAT IPC_RMID IPC_STAT);
use JSON::PP;
use POSIX qw(:sys_wait_h :signal_h :termios_h mkfifo dup2 ttyname);
use SDBM_File;
use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY);
use Storable qw(store retrieve);
use Sys::Hostname;
use Thread::Queue;
use Time::HiRes qw(usleep ualarm clock_gettime nanosleep CLOCK_MONOTONIC);

my $times = shift;
$| = 1;

sub check
{
    my ($true, $what) = @_;
    die "$what: $!\n" unless $true;
}

sub sockets
{
    my $requests = 20 * $times;
    for my $family (qw(tcp unix)) {
        my $server = $family eq 'tcp'
            ? IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', Proto => 'tcp', ReuseAddr => 1)
            : IO::Socket::UNIX->new(Listen => 5, Local => 'socket');
        my $child = fork // die;
        if (!$child) {
            for (1 .. $requests) {
                my $client = $server->accept;
                print $client "echo ", scalar <$client>;
            }
            POSIX::_exit(3);
        }
        for my $i (1 .. $requests) {
            my $client = $family eq 'tcp'
                ? IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport, Timeout => 20)
                : IO::Socket::UNIX->new('socket');
            setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1 if $family eq 'tcp';
            print $client "n$i\n";
            check(<$client> eq "echo n$i\n", 'the echo');
        }
        waitpid $child, 0;
        print "$family ", $? >> 8, "\n";
    }
    unlink 'socket';
    socketpair my $one, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC;
    $one->autoflush;
    syswrite $one, 'q';
    my $poll = IO::Poll->new;
    $poll->mask($other => POLLIN);
    print 'ready ', $poll->poll(10), ' ', scalar IO::Select->new($other)->can_read(10), "\n";
    sysread $other, my $byte, 1;
    shutdown $one, 1;
    print 'end ', sysread($other, $byte, 1), "\n";
    my $datagram = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1');
    send $datagram, 'datagram', 0, getsockname $datagram;
    recv $datagram, my $text, 100, 0;
    print "$text\n";
    my $refused = IO::Socket::INET->new(Proto => 'tcp', LocalAddr => '127.0.0.1');
    check(!IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $refused->sockport) && $!{ECONNREFUSED},
        'refused');
    check(scalar gethostbyname('localhost') && hostname(), 'names of hosts');
    check(getprotobyname('tcp') && getservbyname('http', 'tcp'), 'names of protocols and services');
}

sub processes
{
    for (1 .. $times) {
        my $output = `echo hi; exit 2`;
        print $output, $? >> 8, ' ', system('exit 4;') >> 8, ' ', system('./none'), "\n";
        open my $pipe, '|-', 'cat >piped' or die;
        print $pipe 'x' x 70000;
        close $pipe;
        print -s 'piped', "\n";
        open my $reader, '-|', 'sh', '-c', 'echo out' or die;
        print <$reader>;
        close $reader;
        my $child = open3(my $in, my $out, undef, 'tr', 'a-z', 'A-Z');
        print $in "abc\n";
        close $in;
        print <$out>;
        waitpid $child, 0;
        my $killed = fork // die;
        if (!$killed) {
            setpgrp;
            sleep 100;
            POSIX::_exit(0);
        }
        usleep(10000) until getpgrp($killed) == $killed;
        kill 'KILL', $killed;
        waitpid $killed, 0;
        print 'killed by ', $? & 127, ' ', waitpid(-1, WNOHANG), "\n";
    }
    local $SIG{CHLD} = 'IGNORE';
    print system('true'), "\n";
}

sub files
{
    make_path('a/b/c');
    symlink 'x', 'a/l';
    link 'piped', 'a/h';
    rename 'a/h', 'a/h2';
    chmod 0600, 'a/h2';
    chown $<, $( + 0, 'a/h2';
    utime 1, 1, 'a/h2';
    truncate 'a/h2', 10;
    mkfifo('a/f', 0600);
    my @found;
    find({ wanted => sub { push @found, $_ }, no_chdir => 1 }, 'a');
    print join(' ', sort @found), ' ', readlink('a/l'), ' ', -p 'a/f' ? 'fifo' : '', "\n";
    check(!mkdir('a') && $!{EEXIST} && !rmdir('a') && $!{ENOTEMPTY}, 'errors of directories');
    check(!open(my $none, '<', 'none') && $!{ENOENT}, 'an error of a file');
    copy('piped', 'copy');
    move('copy', 'moved');
    remove_tree('a');
    for (1 .. 5 * $times) {
        open my $file, '+>', 'locked' or die;
        flock $file, LOCK_EX;
        fcntl $file, F_SETFD, FD_CLOEXEC;
        sysseek $file, 0, SEEK_SET;
        syswrite $file, 'abc' x 10000;
        binmode $file;
        seek $file, -3, SEEK_END;
        read $file, my $last, 3;
        check($last eq 'abc' && (stat $file)[7] == 30000, 'the file');
        flock $file, LOCK_UN;
        truncate $file, 5;
    }
    sysopen my $exclusive, 'new', O_WRONLY | O_CREAT | O_EXCL, 0600 or die;
    check(!sysopen(my $again, 'new', O_WRONLY | O_CREAT | O_EXCL) && $!{EEXIST}, 'exclusive');
    dup2(fileno $exclusive, 50);
    POSIX::close(50);
    my ($temporary, $name) = tempfile(UNLINK => 1);
    print $temporary "line $_\n" for 1 .. 1000;
    close $temporary;
    my $directory = tempdir(CLEANUP => 1);
    my $here = getcwd;
    chdir $directory;
    chdir $here;
    opendir my $listing, '.';
    my @names = sort readdir $listing;
    rewinddir $listing;
    print scalar(@names) > 3 ? 'listed' : "@names", ' ', scalar(my @matches = glob('{loc,mov}*')), "\n";
    open my $utf8, '>:encoding(UTF-16)', 'utf16' or die;
    print $utf8 chr(0x20ac) x 1000;
    close $utf8;
    open my $memory, '<', \'in memory' or die;
    print -s 'utf16', ' ', <$memory>, "\n";
}

sub signals
{
    my $seen = '';
    local @SIG{qw(ALRM USR1 USR2)} = (sub { $seen .= shift }) x 3;
    for (1 .. 5 * $times) {
        ualarm(2000);
        usleep(10000) until $seen;
        $seen = '';
    }
    my $set = POSIX::SigSet->new(SIGUSR1);
    sigprocmask(SIG_BLOCK, $set, my $old = POSIX::SigSet->new);
    kill 'USR1', $$;
    sigpending(my $pending = POSIX::SigSet->new);
    $seen .= 'pending ' if $pending->ismember(SIGUSR1);
    sigprocmask(SIG_SETMASK, $old);
    kill 'USR2', $$;
    print "$seen\n";
    local $SIG{PIPE} = 'IGNORE';
    pipe my $reader, my $writer;
    close $reader;
    check(!syswrite($writer, 'x') && $!{EPIPE}, 'a broken pipe');
    alarm 0;
    select undef, undef, undef, 0.001;
    nanosleep(1000);
    check(clock_gettime(CLOCK_MONOTONIC) > 0 && times, 'the clock');
}

sub run_threads
{
    for (1 .. $times) {
        my $queue = Thread::Queue->new;
        my $total :shared = 0;
        my @threads = map { threads->create(sub {
            while (defined(my $number = $queue->dequeue)) {
                lock $total;
                $total += $number;
            }
            getppid;
        }) } 1 .. 3;
        $queue->enqueue($_) for 1 .. 300;
        $queue->end;
        $_->join for @threads;
        print "$total\n";
    }
}

sub system_v
{
    for (1 .. $times) {
        my $memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) // die "shmget: $!";
        shmwrite $memory, 'shared', 0, 6;
        shmread $memory, my $text, 0, 6;
        shmctl $memory, IPC_RMID, 0;
        my $semaphores = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600) // die "semget: $!";
        semop $semaphores, pack 's3 s3', 0, 1, 0, 1, 2, 0;
        semctl $semaphores, 0, IPC_STAT, my $state;
        semctl $semaphores, 0, IPC_RMID, 0;
        my $messages = msgget(IPC_PRIVATE, IPC_CREAT | 0600) // die "msgget: $!";
        msgsnd $messages, pack('l! a*', 1, 'message'), 0;
        msgrcv $messages, my $message, 100, 0, 0;
        msgctl $messages, IPC_RMID, 0;
        print "$text ", (unpack 'l! a*', $message)[1], "\n";
    }
}

sub data
{
    for (1 .. $times) {
        my $text = 'x' x 100000;
        store { a => [1 .. 1000] }, 'stored';
        gzip(\$text => 'text.gz');
        gunzip('text.gz' => \my $again);
        check($again eq $text && retrieve('stored')->{a}[999] == 1000, 'the data');
        tie my %table, 'SDBM_File', 'table', O_RDWR | O_CREAT, 0600 or die;
        $table{$_} = $_ * 2 for 1 .. 100;
        print scalar(keys %table), ' ', decode_json(encode_json({ a => 1 }))->{a}, ' ',
            substr(sha256_hex($text), 0, 16), "\n";
        untie %table;
    }
    print join(' ', (sort { $a <=> $b } map { $_ * 7919 % 10007 } 1 .. 20000)[0, 19999]), "\n";
}

sub identity
{
    check(getppid && defined getpwnam('root') && getgrgid(0) && getpriority(0, 0) < 20 && umask(022) >= 0, 'identity');
    check((POSIX::uname())[0] eq 'Linux' && POSIX::sysconf(&POSIX::_SC_PAGESIZE) == 4096, 'the system');
    print syscall(39) == $$ ? 'syscall' : 'no syscall', "\n";
    $0 = 'renamed';
    open my $terminal, '+<', '/dev/ptmx' or die "no terminal: $!";
    my $attributes = POSIX::Termios->new;
    $attributes->getattr(fileno $terminal);
    $attributes->setlflag($attributes->getlflag & ~ECHO);
    $attributes->setattr(fileno $terminal, TCSANOW);
    print -t $terminal ? 'terminal' : 'no terminal', "\n";
    if ($< == 0 and !(my $child = fork)) {
        $) = '65534 65534';
        $> = 65534;
        print "dropped to $>\n";
        POSIX::_exit(0);
    }
    wait;
    exec 'sh', '-c', 'echo executed';
}

sockets();
processes();
files();
signals();
run_threads();
system_v();
data();
identity();
