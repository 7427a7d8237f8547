import Journal
import Scenario
import Testing
import Views

/// `guest`, with answers of virsh 9.0; `GuestAgentSerialTests` queries a real guest.
@Suite struct GuestHeartbeatTests {
  private static let spec = ViewSpec("guest", ["domain": .string("web")])

  private func verdict(_ answers: [ViewAnswer]) throws -> Verdict {
    guard case .verdict(let verdict) = try #require(Self.spec.belief(answers)) else { throw NoVerdict() }
    return verdict
  }

  private struct NoVerdict: Error {}

  private static let running = ViewAnswer("db\nweb\n\n", exitCode: 0)

  @Test("Hosts list their domains, and ping the agent of one")
  func question() throws {
    let virsh = ["virsh", "-q", "-c", "qemu:///system"]
    #expect(
      try Self.spec.question()
        == .tools([
          virsh + ["list", "--name"],
          virsh + ["qemu-agent-command", "web", "--timeout", "3", #"{"execute":"guest-ping"}"#],
        ]))
    #expect(Self.spec.domain == "web" && ViewSpec("pacemaker").domain == nil)
  }

  @Test(
    "A name that looks like an option, is empty or has spaces is refused",
    arguments: ["", "-h", "a b", "a\n"])
  func refused(_ domain: String) {
    #expect(throws: ViewRefused.self) { try ViewSpec("guest", ["domain": .string(domain)]).question() }
  }

  @Test(
    "A guest whose agent answers is well, and one whose agent doesn't is a complaint that names the domain")
  func answers() throws {
    let well = try verdict([Self.running, ViewAnswer("{\"return\":{}}\n\n", exitCode: 0)])
    #expect(well.isWell && well.words == "web answers")
    let silent = try verdict([Self.running, ViewAnswer("\n", exitCode: 1)])
    #expect(
      silent.complaints == [.init(name: "web: its guest agent doesn't answer", labels: ["domain": "web"])])
    #expect(try verdict([]).complaints.map(\.name) == ["web runs on no host"])
  }

  @Test("An answer that doesn't show the guest's state is unknown")
  func unknown() throws {
    let ping = ViewAnswer("{\"return\":{}}\n", exitCode: 0)
    for answers in [
      // The domain has moved; a prefix of its name is another domain.
      [ViewAnswer("web2\n\n", exitCode: 0), ViewAnswer("\n", exitCode: 1)],
      [ViewAnswer("", exitCode: 1), ViewAnswer("", exitCode: 1)],
      [Self.running, ViewAnswer("", failure: "killed after 8 s")], [Self.running],
      [Self.running, ViewAnswer("{\"return\":1}", exitCode: 0)], [Self.running, ViewAnswer("", exitCode: 0)],
      [ViewAnswer("", failure: "virsh: No such file or directory"), ping],
    ] {
      let verdict = try verdict(answers)
      #expect(verdict.unknown != nil && !verdict.isWell, "\(answers)")
    }
  }
}
