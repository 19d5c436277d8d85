// What of Rust's standard library reaches the system: PROGRAM TIMES, in an empty directory.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::fs::{symlink, FileExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, io, panic, thread};

fn threads(times: usize) {
    for _ in 0..times {
        let (sender, receiver) = mpsc::channel();
        let total = Arc::new(Mutex::new(0));
        let lock = Arc::new(RwLock::new(0));
        let barrier = Arc::new(Barrier::new(4));
        let all: Vec<_> = (0..4)
            .map(|number| {
                let (sender, total, lock, barrier) = (sender.clone(), total.clone(), lock.clone(), barrier.clone());
                thread::Builder::new().name(format!("worker {}", number)).spawn(move || {
                    barrier.wait();
                    for i in 0..1000 {
                        *total.lock().unwrap() += i;
                    }
                    *lock.write().unwrap() += number;
                    sender.send(number).unwrap();
                    thread::sleep(Duration::from_millis(1));
                })
            })
            .collect();
        for one in all {
            one.unwrap().join().unwrap();
        }
        drop(sender);
        assert_eq!((receiver.iter().sum::<i32>(), *total.lock().unwrap(), *lock.read().unwrap()), (6, 1998000, 6));
    }
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    let waker = thread::spawn(move || {
        *other.0.lock().unwrap() = true;
        other.1.notify_all();
    });
    let mut ready = pair.0.lock().unwrap();
    while !*ready {
        ready = pair.1.wait_timeout(ready, Duration::from_secs(20)).unwrap().0;
    }
    waker.join().unwrap();
    thread::park_timeout(Duration::from_millis(1));
    thread::yield_now();
    println!("threads {}", thread::available_parallelism().is_ok());
}

fn sockets(times: usize) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let requests = 20 * times;
    let server = thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            stream.write_all(line.to_uppercase().as_bytes()).unwrap();
        }
    });
    for i in 0..requests {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(20))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        writeln!(stream, "line {}", i)?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        assert_eq!(answer, format!("LINE {}\n", i));
    }
    server.join().unwrap();
    let refused = TcpStream::connect(address).unwrap_err().kind();
    let datagrams = UdpSocket::bind("127.0.0.1:0")?;
    datagrams.connect(datagrams.local_addr()?)?;
    datagrams.send(b"datagram")?;
    let mut buffer = [0; 100];
    println!("sockets {} {:?} {}", requests, refused, datagrams.recv(&mut buffer)?);
    datagrams.set_nonblocking(true)?;
    assert_eq!(datagrams.recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    let (mut one, mut other) = UnixStream::pair()?;
    one.write_all(b"unix")?;
    other.read_exact(&mut buffer[..4])?;
    let local = UnixListener::bind("socket")?;
    let client = UnixStream::connect("socket")?;
    local.accept()?.0.shutdown(Shutdown::Both)?;
    drop(client);
    UnixDatagram::pair()?.0.send(b"x")?;
    assert!("localhost:80".to_socket_addrs()?.count() > 0);
    Ok(())
}

fn files(times: usize) -> Result<()> {
    fs::create_dir_all("d/e")?;
    for _ in 0..5 * times {
        fs::write("d/f", vec![7; 200000])?;
        fs::copy("d/f", "d/g")?;
        fs::rename("d/g", "d/h")?;
        let mut file = fs::OpenOptions::new().read(true).write(true).mode(0o600).open("d/f")?;
        file.seek(SeekFrom::End(-10))?;
        file.write_vectored(&[io::IoSlice::new(b"ab"), io::IoSlice::new(b"cd")])?;
        file.write_at(b"at", 5)?;
        file.read_exact_at(&mut [0; 10], 0)?;
        file.set_len(100)?;
        file.set_permissions(fs::Permissions::from_mode(0o640))?;
        file.sync_all()?;
        file.sync_data()?;
        assert_eq!(BufReader::new(fs::File::open("d/f")?).bytes().count(), 100);
        io::copy(&mut fs::File::open("d/h")?, &mut fs::File::create("copied")?)?;
    }
    symlink("f", "d/s")?;
    fs::hard_link("d/f", "d/l")?;
    let mut names: Vec<_> = fs::read_dir("d")?.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let modified = fs::metadata("d/f")?.modified()? > SystemTime::UNIX_EPOCH;
    println!("files {:?} {:?} {} {}", names, fs::read_link("d/s")?, fs::symlink_metadata("d/s")?.len(), modified);
    assert_eq!(fs::canonicalize("d/s")?, fs::canonicalize("d/f")?);
    println!("{:?} {:?}", fs::read("none").unwrap_err().kind(), fs::create_dir("d").unwrap_err().kind());
    fs::remove_dir_all("d")
}

fn processes(times: usize) -> Result<()> {
    for _ in 0..2 * times {
        assert_eq!(Command::new("echo").arg("hi").output()?.stdout, b"hi\n");
        let mut cat = Command::new("cat");
        let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).env("A", "b").current_dir("/").spawn()?;
        cat.stdin.take().unwrap().write_all(&[b'z'; 50000])?;
        assert_eq!(cat.wait_with_output()?.stdout.len(), 50000);
        let mut forked = Command::new("sh");
        unsafe { forked.pre_exec(|| Ok(())) }; // by fork(), not posix_spawn()
        assert_eq!(forked.args(["-c", "exit 3"]).arg0("renamed").status()?.code(), Some(3));
        let mut killed = Command::new("sleep").arg("100").stdin(Stdio::null()).spawn()?;
        killed.kill()?;
        assert_eq!((killed.wait()?.signal(), killed.try_wait()?.is_some()), (Some(9), true));
    }
    println!("processes {:?} {}", Command::new("./none").spawn().unwrap_err().kind(), env::current_exe().is_ok());
    Ok(())
}

fn main() -> Result<()> {
    let times = env::args().nth(1).unwrap().parse().unwrap();
    if times == 0 {
        panic!("asked for");
    }
    let start = Instant::now();
    threads(times);
    sockets(times)?;
    files(times)?;
    processes(times)?;
    let mut command = Command::new(env::current_exe()?);
    let status = command.arg("0").stderr(Stdio::null()).env("RUST_BACKTRACE", "full").status()?;
    println!("panic {:?} {:?}", status.code(), status.signal());
    let map: BTreeMap<_, _> = (0..20000).map(|i| (i * 7919 % 10007, i.to_string())).collect();
    println!("{} {}", map.len(), start.elapsed() > Duration::ZERO);
    if cfg!(panic = "unwind") {
        panic::set_hook(Box::new(|_| ()));
        println!("caught {}", panic::catch_unwind(|| panic!("caught")).is_err());
    }
    Ok(())
}
