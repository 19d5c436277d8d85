# What of ruby and its library reaches the system: ruby.rb TIMES, in an empty directory; ../cert.pem and ../key.pem are
# there.
%w[socket openssl digest zlib yaml json fileutils tempfile tmpdir open3 io/console io/wait io/nonblock pty etc timeout
   stringio find net/http pstore ripper securerandom fiddle erb csv set logger].each { |name| require name }

TIMES = ARGV[0].to_i
$stdout.sync = true

def check(true_or_not, what)
  raise what unless true_or_not
end

def refused(error)
  yield
  raise "#{error} is not raised"
rescue error
  true
end

def sockets
  server = TCPServer.new('127.0.0.1', 0)
  port = server.addr[1]
  thread = Thread.new do
    (20 * TIMES).times { server.accept.then { |client| client.puts(client.gets.upcase); client.close } }
  end
  (20 * TIMES).times do |i|
    TCPSocket.open('127.0.0.1', port) do |client|
      client.setsockopt(:TCP, :NODELAY, true)
      client.puts "line #{i}"
      check(client.gets == "LINE #{i}\n", 'an answer')
    end
  end
  thread.join
  server.close
  refused(Errno::ECONNREFUSED) { TCPSocket.new('127.0.0.1', port) }
  one, other = UNIXSocket.pair
  one.send_io($stdin)
  other.recv_io.close
  one.sendmsg('message')
  puts other.recvmsg[0]
  UNIXServer.open('socket') do |listener|
    client = UNIXSocket.new('socket')
    listener.accept.tap { |peer| peer.write('unix') }.close
    puts client.read
  end
  datagram = UDPSocket.new.tap { |socket| socket.bind('127.0.0.1', 0) }
  datagram.send('datagram', 0, '127.0.0.1', datagram.addr[1])
  puts datagram.recvfrom(100)[0]
  check(Addrinfo.getaddrinfo('localhost', 80).any? && Socket.gethostname && Socket.getifaddrs.any?, 'names')
end

def tls
  context = OpenSSL::SSL::SSLContext.new
  context.cert = OpenSSL::X509::Certificate.new(File.read('../cert.pem'))
  context.key = OpenSSL::PKey.read(File.read('../key.pem'))
  listener = TCPServer.new('127.0.0.1', 0)
  server = OpenSSL::SSL::SSLServer.new(listener, context)
  answer = ->(client) { client.puts(client.gets.upcase); client.close }
  thread = Thread.new { (2 * TIMES).times { answer.(server.accept) } }
  store = OpenSSL::SSL::SSLContext.new.tap { |client| client.set_params(ca_file: '../cert.pem') }
  (2 * TIMES).times do
    client = OpenSSL::SSL::SSLSocket.new(TCPSocket.new('127.0.0.1', listener.addr[1]), store)
    client.hostname = 'localhost'
    client.sync_close = true
    client.connect
    client.puts 'secret'
    check(client.gets == "SECRET\n", 'TLS')
    client.close
  end
  thread.join
  puts OpenSSL::Cipher.new('aes-256-gcm').encrypt.key_len, OpenSSL::Digest.hexdigest('SHA512', 'x')[0, 16]
  OpenSSL::PKey::EC.generate('prime256v1')
end

def http
  server = TCPServer.new('127.0.0.1', 0)
  thread = Thread.new do
    client = server.accept
    while client.gets
      nil until client.gets.chomp.empty?
      client.write "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    end
  end
  Net::HTTP.start('127.0.0.1', server.addr[1]) do |session|
    puts (10 * TIMES).times.sum { session.get('/').body.size }
  end
  thread.join
end

def processes
  TIMES.times do
    pid = fork { exit! 3 }
    Process.wait(pid)
    puts $?.exitstatus
    output, status = Open3.capture2('tr a-z A-Z', stdin_data: 'abc')
    puts output, status.success?, `echo hi; exit 4`, $?.exitstatus, system('./none').inspect
    command = 'echo $A; pwd; echo error >&2'
    output, error, = Open3.capture3({ 'A' => 'b' }, command, chdir: '/', pgroup: true, umask: 0o77)
    puts output, error
    IO.popen(%w[cat], 'r+') { |pipe| pipe.write('x' * 100_000); pipe.close_write; puts pipe.read.size }
    pid = spawn('sleep 100', in: :close, rlimit_core: 0)
    Process.kill(:TERM, pid)
    puts Process.wait2(pid)[1].termsig
    Process.detach(spawn('exit 5')).value.then { |ended| puts ended.exitstatus }
  end
  PTY.spawn('read line; echo got $line; test -t 0') do |reader, writer, pid|
    writer.puts 'typed'
    writer.winsize = [20, 70]
    puts reader.gets, reader.gets
    puts Process.wait2(pid)[1].exitstatus
  end
  refused(Errno::ECHILD) { Process.wait }
  puts Process.clock_gettime(Process::CLOCK_MONOTONIC).positive?, Process.getrlimit(:NOFILE).size
  puts Process.times.utime >= 0
  Process.setpriority(Process::PRIO_PROCESS, 0, Process.getpriority(Process::PRIO_PROCESS, 0))
  return if Process.uid != 0
  Process.wait(fork { Process::Sys.setgid(65_534); Process::Sys.setuid(65_534); puts Process.euid; exit! 0 })
end

def files
  Dir.mkdir 'd'
  File.write('d/f', 'x' * 100_000)
  FileUtils.cp_r('d', 'e')
  puts IO.copy_stream('d/f', 'g')
  (5 * TIMES).times do
    File.open('e/f', 'r+') do |file|
      file.flock(File::LOCK_EX)
      file.truncate(9)
      file.fsync
      file.fdatasync
      file.pwrite('abc', 0)
      file.advise(:willneed)
      check(file.pread(3, 0) == 'abc' && file.size == 9, 'a file')
      file.seek(0, :END)
      file << 'end'
      file.chmod(0o600)
    end
    Tempfile.create do |file|
      file.write('x' * 10_000)
      file.rewind
      check(file.read.size == 10_000, 'a temporary file')
    end
    Dir.mktmpdir { |directory| File.mkfifo("#{directory}/fifo") }
  end
  File.symlink('f', 'd/s')
  File.link('d/f', 'd/l')
  File.rename('g', 'h')
  File.utime(1, 1, 'h')
  File.chown(Process.uid, Process.gid, 'h')
  puts Dir.glob('**/*').sort.join(' '), Find.find('.').count, File.stat('h').mtime.to_i, File.readlink('d/s')
  puts File.realpath('d/s') == File.realpath('d/f'), Dir.children('d').sort.join(' '), IO.readlines('e/f').size
  Dir.chdir('d') { puts File.ftype('s') }
  refused(Errno::ENOENT) { File.read('none') }
  refused(Errno::EEXIST) { Dir.mkdir('d') }
  refused(Errno::EISDIR) { File.write('d', '') }
  FileUtils.rm_rf(%w[d e])
  store = PStore.new('pstore')
  store.transaction { store[:a] = [1] }
  Zlib::GzipWriter.open('text.gz') { |file| file.write('x' * 100_000) }
  puts Zlib::GzipReader.open('text.gz', &:read).size, store.transaction(true) { store[:a] }.inspect
  Logger.new('log', 2, 1000).then { |log| 100.times { |i| log.info("line #{i}") } }
  puts Dir.glob('log*').size
end

def pipes
  reader, writer = IO.pipe
  writer.write('x' * 100)
  IO.select([reader], nil, nil, 1)
  puts reader.read_nonblock(200).size
  refused(IO::WaitReadable) { reader.read_nonblock(1) }
  puts reader.wait_readable(0.001).inspect
  reader.close
  refused(Errno::EPIPE) { writer.write('x') }
end

def threads
  TIMES.times do
    queue = Queue.new
    workers = Array.new(4) { Thread.new { sum = 0; while (number = queue.pop) != :end; sum += number; end; sum } }
    1000.times { |i| queue << i }
    4.times { queue << :end }
    puts workers.sum(&:value)
    mutex, condition, ready = Mutex.new, ConditionVariable.new, false
    waiter = Thread.new { mutex.synchronize { condition.wait(mutex, 1) until ready } }
    mutex.synchronize { ready = true; condition.broadcast }
    waiter.join
    puts Array.new(2) { |i| Ractor.new(i) { |x| Process.ppid; x + 1 } }.sum(&:take)
  end
  refused(Timeout::Error) { Timeout.timeout(0.05) { sleep } }
  fiber = Fiber.new { Fiber.yield 1; 2 }
  puts fiber.resume + fiber.resume
  puts Enumerator.new { |yielder| 3.times { |i| yielder << i } }.next
end

def signals
  seen = Queue.new
  Signal.trap('USR1') { seen << 'USR1' }
  (5 * TIMES).times do
    Process.kill('USR1', Process.pid)
    check(seen.pop == 'USR1', 'a signal')
  end
  Signal.trap('USR1', 'DEFAULT')
end

def memory
  100_000.times.map(&:to_s).sort.size
  GC.start
  GC.compact
  getpid = Fiddle::Function.new(Fiddle.dlopen(nil)['getpid'], [], Fiddle::TYPE_INT)
  puts getpid.call == Process.pid, Digest::SHA256.hexdigest('x' * 100_000)[0, 16], YAML.load(YAML.dump({ 'a' => [1] }))
  puts JSON.parse('[1]').inspect, Etc.getpwnam('root').uid, Etc.nprocessors.positive?, SecureRandom.bytes(8).size
  puts ERB.new('<%= 1 + 1 %>').result, CSV.parse("a,b\n").inspect, Ripper.sexp('1 + 1').size
end

%i[sockets tls http processes files pipes threads signals memory].each { |work| send(work); puts work }
