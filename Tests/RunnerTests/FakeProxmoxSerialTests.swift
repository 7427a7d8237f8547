import Glibc
import Journal
import Linux
import NamespaceTesting
import Runner
import Scenario
import Testing
import ToolTesting
import Views

/// The view `proxmox` with fakepve of PyPI, a stand-in for Proxmox VE, over TLS in a network namespace. `make test` installs
/// it.
@Suite(
  .timeLimit(.minutes(5)), .enabled(if: getuid() == 0, "needs root, to make a network namespace"),
  .enabled(
    if: TestTools.have([python]), "needs fakepve of PyPI in .build/platforms, as make test installs it"))
struct FakeProxmoxSerialTests {
  /// Three nodes and a guest of high availability. A file makes one node offline and takes the quorum.
  private static let program = """
    import asyncio, os, sys
    from fakepve import FakePve
    from fakepve.certs import make_cert

    async def main(folder):
        pve = FakePve(user='root@pam', password='unused', host='127.0.0.1')
        pve.nodes.clear()
        for node in ('dauntless', 'excelsior', 'falco'):
            pve.add_node(node)
        pve.add_vm(100, 'web', node='falco', status='running').ha_state = 'started'
        pve.apitokens['root@pam!murphy'] = 'secret'
        certificate, key, _ = make_cert(folder, hosts=('127.0.0.1',))
        await pve.start(certificate, key)
        while not os.path.exists(folder + '/lose'):
            await asyncio.sleep(0.05)
        pve.lose_quorum()
        pve.set_node_offline('falco')
        await asyncio.Event().wait()

    asyncio.run(main(sys.argv[1]))

    """

  private static func spec(_ folder: String, token: String = "token") -> ViewSpec {
    ViewSpec(
      "proxmox",
      [
        "url": .string("https://127.0.0.1:8006"), "token": .string("\(folder)/\(token)"),
        "ca": .string("\(folder)/fakepve.crt"),
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

  /// Queries for at most a minute until the belief is as expected; returns the last one.
  private static func ask(_ spec: ViewSpec, until isExpected: (ManagerState) -> Bool) throws -> ManagerState {
    let end = Clock.monotonic.now + 60_000_000_000
    while true {
      let state = try ask(spec)
      if isExpected(state) || Clock.monotonic.now > end { return state }
      usleep(100_000)
    }
  }

  @Test("The belief follows the cluster, and a wrong token, certificate or server is unknown with its reason")
  func cluster() async throws {
    let folder = "/tmp/murphy-fakepve-\(getpid())"
    _ = try ChildProcess.run(["mkdir", folder]).success()
    defer { _ = try? ChildProcess.run(["rm", "-rf", folder]) }
    for (name, text) in [
      ("serve.py", Self.program), ("token", "root@pam!murphy=secret\n"), ("wrong", "root@pam!murphy=other\n"),
      ("two-words", "root@pam!murphy secret\n"),
    ] { try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)") }
    try await inNetworkNamespace {
      _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
      let server = try ChildProcess([python, "\(folder)/serve.py", folder])
      defer { server.kill() }
      let whole = try Self.ask(Self.spec(folder)) { $0.unknown == nil }
      #expect(whole.unknown == nil && whole.isWell)
      #expect(whole.nodes == ["dauntless": "online", "excelsior": "online", "falco": "online"])
      #expect(whole.resources == ["web": .init(role: "Started", nodes: ["falco"], target: "Started")])

      let wrong = try Self.ask(Self.spec(folder, token: "wrong"))
      #expect(wrong.unknown?.contains("status 401") == true && wrong.unknown?.contains("other") == false)
      #expect(try Self.ask(Self.spec(folder, token: "absent")).unknown?.contains("\(folder)/absent") == true)
      let twoWords = try Self.ask(Self.spec(folder, token: "two-words"))
      #expect(twoWords.unknown?.contains("a token without spaces") == true)
      var untrusting = Self.spec(folder)
      untrusting.parameters["ca"] = nil
      #expect(try Self.ask(untrusting).unknown?.contains("SSL") == true)
      untrusting.parameters["ca"] = .string("\(folder)/absent")
      #expect(try Self.ask(untrusting).unknown?.contains("\(folder)/absent") == true)

      try DurableFile.write([], to: "\(folder)/lose")
      let lost = try Self.ask(Self.spec(folder)) { !$0.quorate && $0.nodes["falco"] == "offline" }
      #expect(
        lost.complaints() == ["no quorum", "falco offline", "web Unknown (target-role Started)"]
          && lost.unknown == nil)

      server.kill()
      #expect(try Self.ask(Self.spec(folder)).unknown?.contains("127.0.0.1:8006") == true)
    }
  }
}

/// In the environment that `make test` makes.
private let python =
  #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  + "/.build/platforms/bin/python"
