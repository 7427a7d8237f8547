import Glibc
import Journal
import Linux
import NamespaceTesting
import Scenario
import Testing
import Views

private func spec(
  _ oid: String = "1.3.6.1.4.1.2021.2.1.100.1", unwell: String? = nil, agent: String = "127.0.0.1"
)
  -> ViewSpec
{
  var spec = ViewSpec(
    "snmp", ["agent": .string(agent), "oid": .string(oid), "community": .string("lab")])
  spec.parameters["unwell"] = unwell.map { .string($0) }
  return spec
}

private func verdict(_ answer: ViewAnswer, _ spec: ViewSpec) throws -> Verdict {
  guard case .verdict(let verdict) = try #require(spec.belief([answer])) else { throw NoVerdict() }
  return verdict
}

private struct NoVerdict: Error {}

@Suite struct SNMPTests {
  @Test("snmpget prints only a value; without a community, snmp.conf has the credentials")
  func question() throws {
    let rest = ["-t", "1", "-r", "1", "-Oqvte", "127.0.0.1", "1.3.6.1.4.1.2021.2.1.100.1"]
    #expect(
      try spec().question()
        == .command(["snmpget", "-m", "", "-v", "2c", "-c", "lab"] + rest, within: .seconds(5)))
    var anonymous = spec()
    anonymous.parameters["community"] = nil
    #expect(try anonymous.question() == .command(["snmpget", "-m", ""] + rest, within: .seconds(5)))
  }

  @Test(
    "An agent that looks like an option, an object's name and a threshold without a number are refused",
    arguments: [
      ("-Dall", "1.3.6", nil), ("", "1.3.6", nil), ("a b", "1.3.6", nil), ("h", "sysUpTime.0", nil),
      ("h", "1..3", nil), ("h", "1", nil), ("h", "-1.3", nil), ("h", "1.3.6", "bad"),
    ] as [(String, String, String?)])
  func refused(_ agent: String, _ oid: String, _ unwell: String?) {
    #expect(throws: ViewRefused.self) { try spec(oid, unwell: unwell, agent: agent).question() }
  }

  @Test("A value that meets the threshold is a complaint of its agent; a text is not compared")
  func values() throws {
    let failed = try verdict(ViewAnswer("1\n", exitCode: 0), spec(unwell: "!= 0"))
    #expect(
      failed.complaints == [
        .init(name: "1.3.6.1.4.1.2021.2.1.100.1 is 1", labels: ["instance": "127.0.0.1"])
      ])
    #expect(try verdict(ViewAnswer("0\n", exitCode: 0), spec(unwell: "!= 0")).isWell)
    let text = ViewAnswer("\"No nosuchprogram process running\"\n", exitCode: 0)
    #expect(try verdict(text, spec()).words == "No nosuchprogram process running")
    #expect(try verdict(text, spec(unwell: "!= 0")).unknown != nil)
  }

  @Test(
    "A refusal, no answer and an empty one are unknown, never well",
    arguments: [
      ViewAnswer("No Such Object available on this agent at this OID\n", exitCode: 0),
      ViewAnswer("", exitCode: 1), ViewAnswer("", exitCode: 0), ViewAnswer("", failure: "no end within 5 s"),
    ])
  func unknown(_ answer: ViewAnswer) throws {
    let found = try verdict(answer, spec())
    #expect(found.unknown != nil && !found.isWell)
  }
}

private let programs = ["/usr/sbin/snmpd", "/usr/bin/snmpget"]

/// Debian's own snmpd, in a network namespace that ends with the test.
@Suite(
  .enabled(if: getuid() == 0, "needs root, to make a network namespace"),
  .enabled(
    if: programs.allSatisfy { access($0, X_OK) == 0 }, "needs the Debian packages snmpd and snmp"))
struct SNMPSerialTests {
  private func ask(_ spec: ViewSpec) throws -> Verdict {
    guard case .command(let command, let limit) = try spec.question() else { throw NoVerdict() }
    return try verdict(ViewAnswer(running: command, within: limit, outputLimit: 1 << 16), spec)
  }

  @Test("A real agent's process flag shows that a process is missing, until the agent itself is gone")
  func agent() async throws {
    let folder = "/tmp/murphy-snmp-\(getpid())"
    _ = try ChildProcess.run(["mkdir", folder]).success()
    defer { _ = try? ChildProcess.run(["rm", "-rf", folder]) }
    let configuration =
      "agentAddress udp:127.0.0.1:161\nrocommunity lab\nproc murphy-nosuch 1 1\nproc snmpd 9 1\n"
    try DurableFile.write(Array(configuration.utf8), to: "\(folder)/snmpd.conf")
    try await inNetworkNamespace {
      _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
      #expect(try ask(spec()).unknown == "snmp: no value from 127.0.0.1 (exit code 1)")
      let agent = try ChildProcess([
        "/usr/sbin/snmpd", "-f", "-C", "-c", "\(folder)/snmpd.conf", "-Lf", "\(folder)/log", "-p",
        "\(folder)/pid",
      ])
      defer { agent.kill() }
      while try ask(spec()).unknown != nil { usleep(100_000) }
      #expect(try ask(spec(unwell: "!= 0")).complaints.count == 1)
      #expect(try ask(spec("1.3.6.1.4.1.2021.2.1.100.2", unwell: "!= 0")).isWell)
      #expect(try ask(spec("1.3.6.1.4.1.99999.1")).unknown?.hasPrefix("snmp: No Such Object") == true)
      agent.kill()
      #expect(try ask(spec()).unknown == "snmp: no value from 127.0.0.1 (exit code 1)")
    }
  }
}
