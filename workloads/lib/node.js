// What of node reaches the system: node.js TIMES, in an empty directory with cert.pem and key.pem.
'use strict'
const assert = require('assert')
const cluster = require('cluster')
const crypto = require('crypto')
const dgram = require('dgram')
const dns = require('dns')
const fs = require('fs')
const http = require('http')
const http2 = require('http2')
const https = require('https')
const net = require('net')
const os = require('os')
const path = require('path')
const process = require('process')
const readline = require('readline')
const { once } = require('events')
const { pipeline } = require('stream/promises')
const { promisify } = require('util')
const child = require('child_process')
const workers = require('worker_threads')
const zlib = require('zlib')

const { promises } = fs
const tls = () => {
  const cert = fs.readFileSync('cert.pem')
  return { key: fs.readFileSync('key.pem'), cert, ca: cert }
}
const local = { host: '127.0.0.1' }

async function listen(server) {
  server.listen(0, local.host)
  await once(server, 'listening')
  return server.address().port
}

function get(module, options) {
  return new Promise((resolve, reject) => module.get({ ...local, ...options }, response => {
    let length = 0
    response.on('data', data => { length += data.length })
    response.on('end', () => resolve(length))
  }).on('error', reject))
}

async function webServers(times) {
  fs.writeFileSync('big', crypto.randomBytes(1 << 20))
  const server = http.createServer((request, response) => {
    if (request.method === 'POST') {
      return request.pipe(fs.createWriteStream('posted')).on('finish', () => response.end('posted'))
    }
    return request.url === '/big' ? fs.createReadStream('big').pipe(response) : response.end('hello')
  })
  const port = await listen(server)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  let total = 0
  for (let i = 0; i < 20 * times; i++) {
    for (const length of await Promise.all(Array.from({ length: 8 }, () => get(http, { port, agent })))) total += length
  }
  const posted = http.request({ ...local, port, method: 'POST' })
  fs.createReadStream('big').pipe(posted)
  const [response] = await once(posted, 'response')
  response.resume()
  await once(response, 'end')
  console.log(total, await get(http, { port, agent, path: '/big' }), fs.statSync('posted').size)
  agent.destroy()
  await new Promise(resolve => server.close(resolve))
  await assert.rejects(get(http, { port, agent: false }), { code: 'ECONNREFUSED' })

  const secure = https.createServer(tls(), (request, answer) => answer.end('secret'))
  const securePort = await listen(secure)
  for (let i = 0; i < 3 * times; i++) {
    assert.equal(await get(https, { port: securePort, ca: tls().ca, servername: 'localhost', agent: false }), 6)
  }
  await assert.rejects(get(https, { port: securePort }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  secure.close()

  const second = http2.createSecureServer(tls(), (request, answer) => answer.end('second'))
  const lookup = (name, options, done) =>
    options.all ? done(null, [{ address: local.host, family: 4 }]) : done(null, local.host, 4)
  const session = http2.connect(`https://localhost:${await listen(second)}`, { ca: tls().ca, lookup })
  for (let i = 0; i < 5 * times; i++) {
    const stream = session.request({ ':path': '/' })
    assert.equal((await stream.setEncoding('utf8').toArray()).join(''), 'second')
  }
  session.close()
  second.close()
}

async function files(times) {
  await promises.mkdir('d/e', { recursive: true })
  for (let i = 0; i < 5 * times; i++) {
    await promises.writeFile('d/a', 'x'.repeat(100000), { flush: true })
    await promises.appendFile('d/a', 'end')
    await promises.copyFile('d/a', 'd/b')
    await promises.rename('d/b', 'd/c')
    await promises.chmod('d/c', 0o600)
    await promises.utimes('d/c', 1, 1)
    await promises.truncate('d/c', 5)
    const file = await promises.open('d/a', 'r+')
    await file.write('abc', 10)
    await file.writev([Buffer.from('d'), Buffer.from('e')], 20)
    await file.datasync()
    await file.sync()
    assert.equal((await file.stat()).size, 100003)
    assert.equal((await file.read(Buffer.alloc(3), 0, 3, 10)).buffer.toString(), 'abc')
    await file.close()
    await pipeline(fs.createReadStream('d/a'), zlib.createGzip(), fs.createWriteStream('d/a.gz'))
  }
  await promises.symlink('a', 'd/s')
  await promises.link('d/a', 'd/l')
  await promises.lutimes('d/s', 1, 1)
  const names = await promises.readdir('d')
  console.log(await promises.readlink('d/s'), names.sort().join(), (await promises.stat('d/c')).size)
  assert.equal(await promises.realpath('d/s'), await promises.realpath('d/a'))
  await promises.access('d/a')
  await promises.statfs('.')
  await assert.rejects(promises.readFile('none'), { code: 'ENOENT' })
  await assert.rejects(promises.mkdir('d'), { code: 'EEXIST' })
  await assert.rejects(promises.rmdir('d'), { code: 'ENOTEMPTY' })
  await assert.rejects(promises.readFile('d'), { code: 'EISDIR' })
  const watch = fs.watch('d')
  const changed = once(watch, 'change')
  fs.writeFileSync('d/watched', '1')
  await changed
  watch.close()
  const lines = readline.createInterface({ input: fs.createReadStream(process.argv[1]) })
  let count = 0
  for await (const line of lines) count += line.length > 0
  assert(count > 100)
  fs.cpSync('d', 'd2', { recursive: true })
  fs.accessSync('d2/a')
  for await (const entry of await promises.opendir('d2')) assert(entry.name)
  fs.rmdirSync(fs.mkdtempSync('t-'))
  fs.writeSync(fs.openSync('f', 'wx+'), 'x')
  fs.rmSync('d2', { recursive: true })
}

async function data(times) {
  const plain = Buffer.alloc(200000, 'some text')
  for (const [compress, decompress] of [[zlib.gzip, zlib.gunzip], [zlib.deflateRaw, zlib.inflateRaw],
    [zlib.brotliCompress, zlib.brotliDecompress]]) {
    assert(plain.equals(await promisify(decompress)(await promisify(compress)(plain))))
  }
  for (let i = 0; i < times; i++) {
    await Promise.all([promisify(crypto.scrypt)('a', 'b', 32), promisify(crypto.pbkdf2)('a', 'b', 1000, 32, 'sha256'),
      promisify(crypto.generateKeyPair)('ec', { namedCurve: 'P-256' }), promisify(crypto.randomBytes)(1000)])
  }
  console.log(crypto.createHash('sha256').update(plain).digest('hex').slice(0, 16))
  const code = [0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0,
    0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11] // (a, b) => a + b
  const module = await WebAssembly.instantiate(new Uint8Array(code))
  let total = 0
  for (let i = 0; i < 3e6 * Math.min(times, 20); i++) total = (total + module.instance.exports.a(i, 7)) | 0
  const kept = []
  for (let i = 0; i < 3e5; i++) kept.push({ i })
  global.gc()
  console.log(total, kept.length)
}

async function threads(times) {
  const shared = new Int32Array(new SharedArrayBuffer(4))
  for (let i = 0; i < Math.ceil(times / 2); i++) {
    const all = [1, 2, 3].map(number => new workers.Worker(__filename, { workerData: { number, shared } }))
    console.log((await Promise.all(all.map(worker => once(worker, 'message')))).flat().join())
    await Promise.all(all.map(worker => worker.terminate()))
  }
  console.log(shared[0])
  const stuck = new workers.Worker('while (true);', { eval: true })
  await once(stuck, 'online')
  await stuck.terminate()
}

function thread({ number, shared }) {
  for (let i = 0; i < 1000; i++) Atomics.add(shared, 0, 1)
  fs.readFileSync(__filename)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  workers.parentPort.postMessage(number * number)
}

async function processes(times) {
  for (let i = 0; i < times; i++) {
    const run = await promisify(child.exec)('echo out; echo error >&2; pwd', { cwd: '/', env: { A: 'b' } })
    assert.deepEqual(run, { stdout: 'out\n/\n', stderr: 'error\n' })
    assert.equal(child.execFileSync('cat', { input: 'typed' }).toString(), 'typed')
    assert.equal(child.spawnSync('sh', ['-c', 'exit 3']).status, 3)
    const killed = child.spawn('sleep', ['100'], { stdio: 'ignore', detached: true })
    killed.kill()
    assert.deepEqual(await once(killed, 'exit'), [null, 'SIGTERM'])
  }
  await assert.rejects(promisify(child.execFile)('./none'), { code: 'ENOENT' })
  const forked = child.fork(__filename, ['forked'])
  const server = net.createServer().listen(0, local.host)
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise(resolve => forked.send('listener', server, resolve)) // a descriptor
  server.close() // only the child accepts
  const accepted = once(forked, 'message')
  const client = net.connect(port, local.host)
  client.on('error', () => {})
  const ended = once(forked, 'exit')
  console.log((await accepted)[0], ...await ended)
  client.destroy()
  if (process.getuid() === 0) {
    console.log('as', child.execFileSync('id', ['-u'], { uid: 65534, gid: 65534 }).toString().trim())
  }
  cluster.setupPrimary({ args: ['clustered'] })
  const members = [cluster.fork(), cluster.fork()]
  for (const [address] of await Promise.all(members.map(member => once(member, 'listening')))) {
    console.log(await get(http, { port: address.port, agent: false }))
  }
  for (const member of members) {
    member.kill()
    await once(member, 'exit')
  }
}

async function sockets(times) {
  const datagram = dgram.createSocket('udp4')
  datagram.bind(0, local.host)
  await once(datagram, 'listening')
  datagram.setBroadcast(true)
  for (let i = 0; i < 10 * times; i++) {
    datagram.send('datagram', datagram.address().port, local.host)
    await once(datagram, 'message')
  }
  datagram.close()
  const server = net.createServer(socket => socket.end('unix'))
  server.listen(path.resolve('socket'))
  await once(server, 'listening')
  for (let i = 0; i < 10 * times; i++) {
    const client = net.connect(path.resolve('socket'))
    client.setNoDelay().setKeepAlive(true)
    assert.equal((await client.setEncoding('utf8').toArray()).join(''), 'unix')
  }
  server.close()
  console.log((await dns.promises.lookup('localhost', { family: 4 })).address)
}

async function system() {
  assert(os.cpus().length && os.freemem() && os.networkInterfaces() && os.uptime())
  assert(os.userInfo({ encoding: 'buffer' }) && os.loadavg() && os.version() && os.hostname())
  assert(process.memoryUsage().rss && process.resourceUsage() && process.hrtime())
  os.setPriority(os.getPriority())
  process.umask(0o22)
  process.title = 'renamed'
  process.kill(process.pid, 'SIGUSR2')
  await once(process, 'SIGUSR2')
  await new Promise(resolve => setTimeout(resolve, 2))
  await new Promise(resolve => setImmediate(resolve))
  console.log(process.report.getReport().header.platform, process.stdin.isTTY, process.getgroups().length >= 0)
}

async function main(times) {
  process.on('SIGUSR2', () => {})
  for (const work of [webServers, files, data, threads, processes, sockets, system]) {
    await work(times)
    console.log(work.name)
  }
}

if (!workers.isMainThread) {
  thread(workers.workerData)
} else if (process.argv[2] === 'forked') {
  process.once('message', (text, server) => server.once('connection', () => process.send(text, () => process.exit(3))))
} else if (process.argv[2] === 'clustered') {
  http.createServer((request, response) => response.end('clustered')).listen(0, local.host)
} else {
  main(Number(process.argv[2]))
}
