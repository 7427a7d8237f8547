import Glibc
import Journal
import Linux
import NamespaceTesting
import Runner
import Scenario
import Testing
import ToolTesting
import Views

/// The view `ovirt` with a stand-in for an engine, over TLS in a network namespace. The official SDK of PyPI, which
/// `make test` installs, reads the same answers.
@Suite(
  .timeLimit(.minutes(5)), .enabled(if: getuid() == 0, "needs root, to make a network namespace"),
  .enabled(
    if: TestTools.have([python, "/usr/bin/openssl"]),
    "needs openssl, and ovirt-engine-sdk-python of PyPI in .build/platforms, as make test installs it"))
struct OVirtStandInSerialTests {
  /// A stand-in for an engine with two hosts and a virtual machine. A file makes it lose one host.
  private static let engine = #"""
    import base64, http.server, os, ssl, sys, time

    folder = sys.argv[1]
    login = 'Basic ' + base64.b64encode(b'murphy@internal:secret').decode()

    class Engine(http.server.BaseHTTPRequestHandler):
        def answer(self, kind, text, status=200):
            body = text.encode()
            self.send_response(status)
            self.send_header('Content-Type', kind)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        # The SDK gets and returns a token.
        def do_POST(self):
            form = self.rfile.read(int(self.headers['Content-Length'])).decode()
            if self.path.endswith('/sso/oauth/token') and 'password=secret' in form:
                return self.answer('application/json', '{"access_token": "token-1", "token_type": "bearer"}')
            self.answer('application/json', '{}')

        def do_GET(self):
            if self.headers['Authorization'] not in (login, 'Bearer token-1'):
                return self.answer('text/html', '<html/>', 401)
            if os.path.exists(folder + '/hang'):
                return time.sleep(60)
            if os.path.exists(folder + '/huge'):
                return self.answer('application/xml', '<hosts>' + ' ' * (5 << 20) + '</hosts>')
            if os.path.exists(folder + '/cut'):
                self.send_response(200)
                self.send_header('Content-Length', '1000')
                self.end_headers()
                return self.wfile.write(b'<hosts>')
            lost = os.path.exists(folder + '/lose')
            if self.path == '/ovirt-engine/api/hosts':
                return self.answer('application/xml', '''<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <hosts><host href="/ovirt-engine/api/hosts/1a" id="1a"><name>dauntless</name><status>up</status></host>
    <host href="/ovirt-engine/api/hosts/2b" id="2b"><name>falco</name><status>%s</status></host></hosts>
    ''' % ('non_responsive' if lost else 'up'))
            if self.path == '/ovirt-engine/api/vms':
                return self.answer('application/xml', '''<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <vms><vm href="/ovirt-engine/api/vms/7" id="7"><name>web</name><high_availability><enabled>true</enabled>
    <priority>1</priority></high_availability><status>%s</status>
    <host href="/ovirt-engine/api/hosts/2b" id="2b"/></vm></vms>
    ''' % ('unknown' if lost else 'up'))
            self.answer('text/html', '<html/>', 404)

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 443), Engine)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + '/engine.pem')
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()

    """#

  /// What the official SDK reads.
  private static let client = #"""
    import sys
    import ovirtsdk4

    connection = ovirtsdk4.Connection(
        url='https://127.0.0.1/ovirt-engine/api', username='murphy@internal', password='secret',
        ca_file=sys.argv[1] + '/engine.pem')
    system = connection.system_service()
    hosts = {host.id: host for host in system.hosts_service().list()}
    for host in hosts.values():
        print(host.name, host.status)
    for vm in system.vms_service().list():
        print(vm.name, vm.status, hosts[vm.host.id].name, vm.high_availability.enabled)
    connection.close()

    """#

  private static func spec(_ folder: String, login: String = "login") -> ViewSpec {
    ViewSpec(
      "ovirt",
      [
        "url": .string("https://127.0.0.1"), "login": .string("\(folder)/\(login)"),
        "ca": .string("\(folder)/engine.pem"),
      ])
  }

  private static func ask(_ spec: ViewSpec) throws -> ManagerState {
    let result = try LookResult(asking: spec)
    guard case .manager(let state)? = result?.belief(Fleet.View(name: "manager", kind: spec)) else {
      throw NotAsked()
    }
    return state
  }

  private struct NotAsked: Error {}

  @Test(
    "The view and the official SDK read the same state, and an answer that is huge, cut or late is unknown")
  func engine() async throws {
    let folder = "/tmp/murphy-ovirt-\(getpid())"
    _ = try ChildProcess.run(["mkdir", folder]).success()
    defer { _ = try? ChildProcess.run(["rm", "-rf", folder]) }
    for (name, text) in [
      ("engine.py", Self.engine), ("client.py", Self.client), ("login", "murphy@internal:secret\n"),
      ("wrong", "murphy@internal:other\n"), ("no-password", "murphy@internal\n"),
    ] { try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)") }
    let certificate =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=engine "
      + "-addext subjectAltName=IP:127.0.0.1 -keyout engine.pem -out cert.pem && cat cert.pem >> engine.pem"
    _ = try ChildProcess.run(["sh", "-c", "cd \(folder) && \(certificate)"]).success()
    try await inNetworkNamespace {
      _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
      let server = try ChildProcess([python, "\(folder)/engine.py", folder])
      defer { server.kill() }
      let end = Clock.monotonic.now + 60_000_000_000
      var whole = try Self.ask(Self.spec(folder))
      while whole.unknown != nil, Clock.monotonic.now < end {
        usleep(100_000)
        whole = try Self.ask(Self.spec(folder))
      }
      #expect(whole.unknown == nil && whole.isWell)
      #expect(whole.nodes == ["dauntless": "online", "falco": "online"])
      #expect(whole.resources == ["web": .init(role: "Started", nodes: ["falco"], target: "Started")])
      let client = [python, "\(folder)/client.py", folder]
      #expect(
        try ChildProcess.run(client).success() == "dauntless up\nfalco up\nweb up falco True\n")

      #expect(try Self.ask(Self.spec(folder, login: "wrong")).unknown?.contains("status 401") == true)
      #expect(
        try Self.ask(Self.spec(folder, login: "no-password")).unknown?.contains("USER:PASSWORD") == true)

      try DurableFile.write([], to: "\(folder)/lose")
      let lost = try Self.ask(Self.spec(folder))
      #expect(lost.unknown == nil)
      #expect(lost.complaints() == ["falco unclean", "web Unknown (target-role Started)"])
      #expect(
        try ChildProcess.run(client).success()
          == "dauntless up\nfalco non_responsive\nweb unknown falco True\n")

      for (name, reason) in [
        ("huge", "is longer than"), ("cut", "the answer is incomplete"), ("hang", "timed out"),
      ] {
        try DurableFile.write([], to: "\(folder)/\(name)")
        let state = try Self.ask(Self.spec(folder))
        #expect(state.unknown?.contains(reason) == true, "\(name): \(state)")
        _ = try ChildProcess.run(["rm", "\(folder)/\(name)"]).success()
      }
    }
  }
}

/// In the environment that `make test` makes.
private let python =
  #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  + "/.build/platforms/bin/python"
