import Faults
import Glibc
import HostTesting
import Linux
import Scenario
import Testing

/// Steps that a fault refuses, with line and column. The parser checks the form of a value. The fault checks
/// everything else, and its errors are reported at the step's target.
struct FaultRefusalTests {
  private static let fleet = """
    fleet: tdf
    networks: {external: {role: service, cidr: 10.77.2.0/24}}
    hosts: {falco: {ssh: root@falco.invalid, links: {external: eth0}}}
    quorum: 1
    probes: {website: {http: "http://10.77.2.101/", every: 1s}}

    """

  /// The errors of check about a step with these keys.
  private func errors(_ keys: String) throws -> [Substring] {
    try withTemporaryFolder { folder in
      try DurableFile.write(Array(Self.fleet.utf8), to: "\(folder)/fleet.yaml")
      let text = """
        scenario: s
        steady: {for: 10s, probes: [website]}
        timeline:
          - {at: 0s, for: 60s, \(keys)}
        recovery: {stable: 10s, no-progress: 5m, cap: 30m}

        """
      try DurableFile.write(Array(text.utf8), to: "\(folder)/s.yaml")
      let outcome = try MurphyProgram.run(["check", "\(folder)/s.yaml", "--fleet", "\(folder)/fleet.yaml"])
      return outcome.errors.split(separator: "\n").filter {
        $0.contains("/s.yaml:") && $0.contains("error: ")
      }
    }
  }

  private static let link = "target: {host: falco, network: external}"
  private static let host = "target: {host: falco}"

  @Test(
    "A step that a fault refuses is refused with line and column",
    arguments: [
      ("\(link), fault: link.flap, down: 50ms", "target", "down and up are at least 100ms each"),
      ("\(link), fault: link.flap, up: 0s", "up", "more than zero"),
      ("\(host), fault: link.flap", "target", "network"),
      ("\(link), fault: link.degrade", "target", "write at least one of rate, delay, loss"),
      ("\(link), fault: link.degrade, rate: \"10\"", "target", "rate is a whole number of kbit"),
      ("\(link), fault: link.degrade, loss: 200%", "target", "loss is a percentage"),
      ("\(link), fault: link.degrade, jitter: 1ms", "jitter", "delay"),
      ("\(host), fault: host.freeze, mode: hard", "mode", "mode"),
      ("\(host), fault: disk.fill, folder: vms", "folder", "path"),
      ("\(host), fault: disk.fill, folder: /vms, leave: much", "target", "leave is a whole number of kB"),
      (
        "\(host), fault: disk.stall, mount: /", "mount", "'/' is the root folder: name a file or folder in it"
      ),
      ("\(host), fault: disk.fill, folder: //.", "folder", "'//.' is the root folder"),
      ("\(host), fault: noise.cpu, processors: most", "processors", "one, half or all"),
      ("\(host), fault: noise.io, folder: /vms, writers: 65", "target", "writers is a number from 1 to 64"),
      ("\(host), fault: noise.io, folder: /vms, writers: 0", "writers", "more than zero"),
      ("\(link), fault: noise.net, size: medium", "size", "small or large"),
      ("\(link), fault: noise.net", "target", "no other host has an address on external"),
      ("\(host), fault: brick.stop, volume: \"v*\"", "target", "volume names a volume of Gluster"),
      ("\(host), fault: brick.stop, volume: vms, brick: b", "brick", "path"),
      ("\(host), fault: disk.corrupt, file: /b/../c", "target", "is not a whole path without . and .."),
      ("\(host), fault: disk.corrupt, file: /b, places: 5000", "target", "places is a number from 1 to 4096"),
      ("\(host), fault: manager.cut", "target", "the fleet names no manager"),
      ("\(host), fault: bmc.unreachable", "target", "host falco has no bmc in the fleet file"),
      ("\(host), fault: bmc.lockout, account: 3", "target", "host falco has no bmc in the fleet file"),
      ("\(host), fault: bmc.lockout, account: 0", "account", "more than zero"),
    ])
  func refused(keys: String, place: String, reason: String) throws {
    let found = try errors(keys)
    // The value's column, counted from 1; a wrong key has its own.
    let line = "  - {at: 0s, for: 60s, \(keys)}"
    let key = try #require(line.firstRange(of: "\(place): "))
    let columns = [key.lowerBound, key.upperBound].map { line.distance(from: line.startIndex, to: $0) + 1 }
    let isPlaced = found.contains { error in
      error.contains(reason) && columns.contains { error.contains("/s.yaml:4:\($0): ") }
    }
    #expect(isPlaced, "\(found), expected at one of \(columns)")
  }

  @Test(
    "A step without a parameter that its fault requires is refused",
    arguments: Catalogue.builtIn.descriptions.filter { fault in
      fault.targets == [.host] && fault.parameters.contains(where: \.isRequired)
        && fault.extent == .held
    }.map(\.name))
  func required(fault: String) throws {
    let found = try errors("\(Self.host), fault: \(fault)")
    #expect(found.count == 1 && found[0].contains("/s.yaml:4:"), "\(found)")
  }
}
