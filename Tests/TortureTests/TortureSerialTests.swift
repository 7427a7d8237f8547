import Faults
import FoundationEssentials
import Glibc
import Linux
import ProductTesting
import Scenario
import Testing
import ToolTesting

/// A part of `make torture`: real agents, watchdogs, ssh, libvirtd and a guest, which are struck at their system calls.
@Suite(
  .enabled(
    if: getuid() == 0
      && TestTools.have([
        "/usr/bin/unshare", "/usr/bin/tini", "/usr/sbin/sshd", "/usr/sbin/libvirtd", "/usr/sbin/mkfs.ext4",
      ]),
    "needs root, and unshare, tini, sshd, libvirtd and mkfs.ext4"),
  .timeLimit(.minutes(10)))
struct TortureSerialTests {
  private struct Line: Codable {
    var fault: String
    var link: String
    var residue: [String]
    var again: String
  }

  @Test("No strike at a system call leaves residue, and the strikes reach every process that reverts")
  func noResidue() throws {
    // No time is judged here, so the faults are observed less often, which leaves the processors to other tests.
    let (lines, code) = try torture(["plain", "--cases", "72", "--workers", "3", "--every", "5000"])
    #expect(code == 0)
    #expect(lines.count == 72)
    for line in lines { #expect(line.residue == [], "\(line.again)") }
    let variants = Catalogue.builtIn.cases.filter { $0.needs != .itsTests }
    #expect(Set(lines.map(\.fault)) == Set(variants.map { "\($0)" }))
    // If every strike missed, there would be no residue either.
    let links = Set(lines.map(\.link))
    #expect(links.isSuperset(of: ["stdin", "deadline", "agent", "watchdog", "recover"]), "\(links)")
  }

  @Test("Torture observes each effect on a whole host or in the guest that another program causes")
  func observations() throws {
    let outcome = try ChildProcess.run([TestProducts.torture, "observe"], errors: .inherited)
    #expect(outcome.end.code == 0)
    let lines = outcome.outputText.split(separator: "\n")
    #expect(lines.count == 7)
    for line in lines { #expect(line.hasSuffix(": right"), "\(line)") }
  }

  private func torture(_ arguments: [String]) throws -> ([Line], Int32) {
    let outcome = try ChildProcess.run(
      [TestProducts.torture] + arguments, environment: ["PATH": ToolEnvironment.path], errors: .inherited)
    let lines = try outcome.output.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Line.self, from: Data($0))
    }
    return (lines, outcome.end.code ?? -1)
  }
}
