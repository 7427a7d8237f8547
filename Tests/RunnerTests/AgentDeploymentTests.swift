import AgentProtocol
import Scenario
import Testing

@testable import Runner

/// What a deployment does on a host, by the host's agent.
struct AgentDeploymentTests {
  private static let place = "/usr/local/bin/murphy-agent"
  /// `sha256sum` of `program`.
  private static let digest = "1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8"

  private func step(_ agent: HostAgent?, replacesNewer: Bool = false) -> AgentDeployment.Step {
    AgentDeployment(Array("program".utf8), replacesNewer: replacesNewer).step(for: agent)
  }

  private static func agent(
    _ version: String?, owner: String? = nil, digest: String = "other"
  ) -> HostAgent {
    HostAgent(path: place, owner: owner, version: version, digest: digest)
  }

  @Test("The same agent is kept, whatever its package")
  func same() {
    let own = Self.agent(Greeting.current.version, owner: "murphy-agent", digest: Self.digest)
    #expect(step(own) == .keep(own))
  }

  @Test(
    "An older agent, another build and one that doesn't start are replaced",
    arguments: ["0.0.9", "0.1.99", Greeting.current.version, "0.2", "a build of today", nil] as [String?])
  func older(_ version: String?) {
    #expect(step(nil) == .copy(insteadOf: nil))
    #expect(step(Self.agent(version)) == .copy(insteadOf: Self.agent(version)))
  }

  @Test("A newer agent is replaced only with --downgrade", arguments: ["0.2.1", "0.10.0", "1.0", "0.2.0.1"])
  func newer(_ version: String) {
    let own = Greeting.current.version
    #expect(
      step(Self.agent(version))
        == .refuse(
          "version \(version) in \(Self.place) is newer than this controller's, \(own): a newer controller may need it. "
            + "--downgrade replaces it"))
    #expect(step(Self.agent(version), replacesNewer: true) == .copy(insteadOf: Self.agent(version)))
  }

  @Test("An agent of a package is never replaced")
  func packaged() {
    #expect(
      step(Self.agent("0.1.0", owner: "murphy-agent"), replacesNewer: true)
        == .refuse(
          "version 0.1.0 in \(Self.place) belongs to the package murphy-agent: install its version "
            + "\(Greeting.current.version) there"))
  }

  @Test("A host's agent is read from among a login shell's lines, and shown without control characters")
  func output() {
    let text = """
      Welcome
      @murphy path /opt/murphy agents/murphy-agent
      @murphy package\u{20}
      @murphy version 0.2.0\u{1B}[0m
      @murphy digest abc
      """
    #expect(
      HostAgent(text)
        == HostAgent(path: "/opt/murphy agents/murphy-agent", version: "0.2.0^[[0m", digest: "abc"))
    #expect(HostAgent("Welcome\n@murphy version 0.2.0\n") == nil)
  }

  @Test("A script for root reads its text and then its input from one stdin")
  func rootScript() {
    let words = { (host: Fleet.Host) in
      AgentCommand.arguments(for: host, configuration: nil, .rootScript(length: 12), connectTimeout: 10)
        .drop { $0 != "--" }.dropFirst(2).joined(separator: " ")
    }
    let script = #"sh -c 'eval "$(dd bs=1 count=12 2> /dev/null)"'"#
    #expect(words(Fleet.Host(name: "falco", ssh: "root@falco", links: [:])) == script)
    #expect(
      words(Fleet.Host(name: "falco", ssh: "ann@falco", become: .sudo, links: [:])) == "sudo -n \(script)")
  }
}
