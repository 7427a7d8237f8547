import FoundationEssentials
import Glibc
import Faults
import Linux
import ProductTesting
import Scenario
import Testing

/// `murphy doctor` on a machine whose /etc, /run, /var and /usr/local/bin belong to the test.
@Suite(.enabled(if: getuid() == 0, "needs root: to make namespaces"))
struct DoctorTests {
  private struct Diagnosis: Decodable {
    struct Section: Decodable {
      var use: String
      var findings: [Finding]
    }
    struct Finding: Decodable {
      var code: String
      var state: String
      var object: String?
      var detail: String?
    }
    var sections: [Section]
    var exitCode: Int32
    enum CodingKeys: String, CodingKey {
      case sections
      case exitCode = "exit-code"
    }
    func states(_ code: String) -> [String] {
      sections.flatMap(\.findings).filter { $0.code == code }.map(\.state)
    }
  }

  /// Runs doctor after a shell script has prepared the machine.
  private func diagnose(_ arguments: [String], on script: String) throws -> Diagnosis {
    let frame = """
      mount -t tmpfs tmpfs /mnt
      mkdir -p /mnt/etc /mnt/var/lib
      # Whiteouts hide what the machine has there.
      mknod /mnt/etc/murphy c 0 0
      mknod /mnt/var/lib/murphy c 0 0
      for part in etc var; do
        mkdir /mnt/$part.work
        mount -t overlay overlay -o lowerdir=/$part,upperdir=/mnt/$part,workdir=/mnt/$part.work /$part
      done
      for part in /run /usr/local/bin; do mount -t tmpfs tmpfs $part; done
      mkdir -m 0755 /etc/murphy
      mkdir -p -m 0700 /var/lib/murphy/leases
      agent() { printf '#!/bin/sh\\n' > /usr/local/bin/murphy-agent; chmod 0755 /usr/local/bin/murphy-agent; }
      policy() { (umask 022; echo "$1" > /etc/murphy/agent.json); }
      \(script)
      exec "$@"
      """
    let outcome = try MurphyProgram.run(
      ["doctor", "--json"] + arguments, by: ["unshare", "--mount", "--", "sh", "-euc", frame, "-"])
    let diagnosis = try JSONDecoder().decode(Diagnosis.self, from: Data(outcome.output.utf8))
    #expect(outcome.errors == "")
    #expect(diagnosis.exitCode == outcome.code)
    return diagnosis
  }

  /// The number of variants that are tried without a domain.
  private static let tried = Catalogue.builtIn.cases.count { [.namespace, .process].contains($0.needs) }
  private static let links =
    #"{"faults": ["host.*", "link.*"], "links": ["*"], "domains": [], "longest-lease": "10m"}"#
  private static let all = #"{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}"#

  @Test("A host whose policy allows only link faults needs no libvirt")
  func aHostForLinks() throws {
    let found = try diagnose(["--as", "host"], on: "agent; policy '\(Self.links)'")
    #expect(found.exitCode == 0, "\(found)")
    #expect(found.sections.map(\.use) == ["host"])
    #expect(found.states("fault") == Array(repeating: "ok", count: Self.tried) + ["unneeded"])
    for code in ["agent", "policy", "hold", "lease"] { #expect(found.states(code) == ["ok"], "\(code)") }
  }

  @Test(
    "doctor checks everything that the policy allows, and a fault that may be active has its own exit code")
  func whatIsMissing() throws {
    let freeze = try diagnose(["--as", "host"], on: "agent; policy '\(Self.all)'")
    #expect(freeze.exitCode == 1)
    #expect(freeze.states("fault").last == "missing")
    let bare = try diagnose(["--as", "host"], on: "")
    #expect(bare.exitCode == 1)
    #expect(bare.states("agent") == ["missing"] && bare.states("policy") == ["missing"])
    let held = try diagnose(
      ["--as", "host"],
      on: """
        agent; policy '\(Self.links)'
        echo '{"by": "ann", "reason": "", "since": "now"}' > /var/lib/murphy/hold
        """)
    #expect(held.exitCode == 1)
    #expect(held.states("hold") == ["missing"])
    let lease = try diagnose(
      ["--as", "host"], on: "agent; policy '\(Self.links)'; echo x > /var/lib/murphy/leases/a1.lease")
    #expect(lease.exitCode == 5)
    #expect(lease.states("lease") == ["active"])
  }

  @Test("doctor names a list that the policy doesn't have, and requires nothing for it")
  func aStrangeKey() throws {
    let found = try diagnose(
      ["--as", "host"], on: "agent; policy '\(Self.links.replacing("{", with: #"{"units": ["nginx"], "#))'")
    #expect(found.exitCode == 0)
    let finding = try #require(found.sections.first?.findings.first { $0.code == "policy-key" })
    #expect(finding.detail?.hasPrefix("/etc/murphy/agent.json:1: unknown key 'units' is ignored") == true)
  }

  @Test("doctor --as controller requires ssh and nothing of a host")
  func aController() throws {
    let found = try diagnose(["--as", "controller"], on: "")
    #expect(found.exitCode == 0 && found.sections.map(\.use) == ["controller"])
    let without = try diagnose(["--as", "controller"], on: "PATH=/nonexistent")
    #expect(without.exitCode == 1 && without.states("ssh") == ["missing"])
  }

  @Test("doctor without --as checks all three uses")
  func allUses() throws {
    let outcome = try MurphyProgram.run(["doctor"])
    #expect([0, 1, 5].contains(outcome.code))
    for line in [
      "as a controller\n  ok       ssh: ", "\nas a host of a fleet\n", "\nas the machine of a lab\n",
    ] {
      #expect(outcome.output.contains(line), "\(outcome.output)")
    }
    #expect(
      outcome.output.hasSuffix("For one use: murphy doctor --as controller | host | lab\n")
        == (outcome.code == 1),
      "\(outcome.output)")
    #expect(outcome.output.contains("ok       fault link.drop silent in\n"), "\(outcome.output)")
  }
}
