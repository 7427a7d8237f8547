import CLinux
import Glibc
import Linux
import Netlink
import Nftables

/// A web server in another network namespace, behind a link that can be cut. All of it ends with this process.
///
/// Call this from the program's first thread, since it enters the server's namespace for a moment.
final class ServedNetwork {
  static let address = "192.0.2.2"
  static let certificate = "/run/site/site.pem"

  /// Further ports for a kind of request. A connection to one port occupies a local port for a minute after its end, and
  /// there are 28,232, so that thousands of connections a second need many destinations, as they have on a platform.
  static func ports(_ kind: String) -> ClosedRange<Int> { kind == "https" ? 8200...8399 : 8000...8199 }

  private let server: ChildProcess
  private let nftables: NftablesContext
  private static let table: NftablesName = "cable"
  private static let set: NftablesName = "cut"
  private static let link = "server"

  /// Starts nginx. If `processor` is given, it runs only on this one.
  init(processor: Int? = nil) throws {
    try checked("mount", "/run") { mount("tmpfs", "/run", "tmpfs", 0, "mode=755") }
    try DurableFile.makeFolder("/run/site")
    try Self.makeSite()
    let routes = try RouteSocket()
    try routes.setUp(true, .name("lo"))
    try routes.addVeth("client", peer: Self.link)
    let pin = processor.map { ["taskset", "-c", "\($0)"] } ?? []
    // The server waits until its link has an address. It gets priority if the kernel allows it: a server that lacks
    // processor time isn't well.
    let script = "echo; read line; chrt --rr -p 1 $$ || true; exec nginx -c /run/site/nginx.conf"
    let server = try ChildProcess(
      pin + ["unshare", "--net", "sh", "-c", script],
      input: .pipe, output: .pipe, errors: .inherited)
    _ = try server.read(within: .seconds(10))
    try Self.run(["ip", "link", "set", Self.link, "netns", "\(server.pid)"])
    try Self.run(["ip", "address", "add", "192.0.2.1/24", "dev", "client"])
    try routes.setUp(true, .name("client"))
    let setUp = """
      ip link set lo up; ip address add \(Self.address)/24 dev \(Self.link); ip link set \(Self.link) up
      echo 65535 > /proc/sys/net/core/somaxconn
      """
    try Self.run(NamespaceEntry.command(["sh", "-ec", setUp], in: [.net], of: server.pid))
    let home = try Descriptor(open: "/proc/thread-self/ns/net", O_RDONLY)
    let theirs = try Descriptor(open: "/proc/\(server.pid)/ns/net", O_RDONLY)
    try Self.enter(theirs.number)
    let context = Result { try Self.cable() }
    try Self.enter(home.number)
    nftables = try context.get()
    self.server = server
    try server.write(Array("\n".utf8))
    let wait = "until : < /dev/tcp/\(Self.address)/443; do sleep 0.02; done 2> /dev/null"
    _ = try ChildProcess.run(["bash", "-c", wait], within: .seconds(20)).success()
  }

  /// From the return of this call on, no packet passes the server's link in either direction.
  func cut() throws {
    try nftables.add(
      [.init(.interface(try InterfaceName(Self.link)), timeout: .seconds(600))], to: Self.set, of: Self.id)
  }

  /// From the return of this call on, all packets pass.
  func restore() throws {
    try nftables.remove(.interface(try InterfaceName(Self.link)), from: Self.set, of: Self.id)
  }

  private static let id = Table.ID(.netdev, table)

  private static func cable() throws -> NftablesContext {
    let context = try NftablesContext()
    let device = try InterfaceName(link)
    try context.create(
      Table(
        id, sets: [NamedSet(set, of: .interfaceName)],
        chains: [
          Chain(
            "in", at: .ingress(device: device), priority: -400, rules: [.drop(.inputInterfaceIn(set))]),
          Chain(
            "out", at: .egress(device: device), priority: -400, rules: [.drop(.outputInterfaceIn(set))]),
        ]))
    return context
  }

  private static func enter(_ namespace: Int32) throws(SystemError) {
    let code = linux_enter_network_namespace(namespace)
    if code != 0 { throw SystemError("setns", "server", errno: code) }
  }

  private static func makeSite() throws {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    try Self.run([
      "sh", "-ec",
      "cd /run/site; openssl req -x509 \(key) -keyout key.pem -out site.pem -subj /CN=site -days 3 "
        + "-addext subjectAltName=IP:\(address)",
    ])
    let files = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path /run/site/\($0);" }.joined(separator: " ")
    let configuration = """
      daemon off; master_process off; pid /run/site/pid; error_log /run/site/errors;
      worker_rlimit_nofile 65535;
      events { worker_connections 16384; }
      http {
        access_log off; \(files)
        ssl_certificate site.pem; ssl_certificate_key key.pem;
        server {
          listen 80 backlog=65535; listen 443 ssl backlog=65535;
          listen \(Self.ports("tcp").lowerBound)-\(Self.ports("tcp").upperBound) backlog=65535;
          listen \(Self.ports("https").lowerBound)-\(Self.ports("https").upperBound) ssl backlog=65535;
          location / { return 200 "well\\n"; }
        }
      }
      """
    try DurableFile.write(Array(configuration.utf8), to: "/run/site/nginx.conf")
  }

  @discardableResult
  private static func run(_ command: [String]) throws(ProcessFailure) -> String {
    try ChildProcess.run(command, within: .seconds(60)).success()
  }
}

/// Processes that each load one processor until this object is released: the first one, the second one, and so on, since
/// they would otherwise share the processor that this process has.
struct BusyProcesses {
  private let children: [ChildProcess]

  init(_ count: Int) throws {
    let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    children = try (0..<count).map { number in
      try ChildProcess(["taskset", "-c", "\(number % processors)", "sh", "-c", "while :; do :; done"])
    }
  }

  func stop() { for child in children { child.kill() } }
}
