import FoundationEssentials
import Glibc
import Synchronization
import Testing

import ProductTesting

@testable import Lab

/// Real labs, one at a time: each takes this machine's processors for half a minute.
@Suite(
  .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces and mounts"),
  .enabled("needs every component of a lab") {
    LabSpec.threeHosts.missingPrograms(isExecutable: FileManager.default.isExecutableFile(atPath:)).isEmpty
  })
struct LabSerialTests {
  /// A moment while a lab starts.
  struct Moment: CustomTestStringConvertible, Sendable {
    let part: LabPart
    let state: LabProgress.State
    let host: String
    var testDescription: String { "\(part) of \(host) \(state)" }

    func isReached(_ progress: LabProgress) -> Bool {
      progress.part == part && progress.state == state && progress.host == host
    }
  }

  @Test(
    "A lab that is killed while it starts leaves nothing",
    arguments: [
      Moment(part: .host, state: .starting, host: "dauntless"),
      Moment(part: .host, state: .up, host: "excelsior"),
      Moment(part: .libvirt, state: .up, host: "falco"),
      Moment(part: .pacemaker, state: .starting, host: "dauntless"),
    ])
  func killedHalfwayUpLeavesNothing(moment: Moment) async throws {
    try await withLab { lab in
      let before = try LabTraces.linkNames()
      let killed = Mutex<LabTraces?>(nil)
      let error = await #expect(throws: LabError.self) {
        try await lab.up { progress in
          guard moment.isReached(progress), let record = lab.record else { return }
          let traces = LabTraces(of: record.platform, state: lab.state)
          if record.platform.kill() { killed.withLock { $0 = traces } }
        }
      }
      let traces = try #require(killed.withLock { $0 }, "the moment never came: \(String(describing: error))")
      #expect(!traces.namespaces.isEmpty)
      try await traces.expectGone()
      #expect(try LabTraces.linkNames().subtracting(before).isDisjoint(with: LabTraces.linksOfALab))
      #expect(await lab.status().phase == .broken)
      #expect(try await lab.down() == ["state folder \(lab.state)"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: lab.stateRoot).isEmpty)
    }
  }

  @Test("A lab starts, runs commands, loses and boots a host, and stops")
  func comesUpIsAskedEnteredLosesAHostAndGoesDown() async throws {
    try await withLab { lab in
      let before = try LabTraces.linkNames()
      try await lab.up { _ in }
      let record = try #require(lab.record)

      let status = await lab.status()
      #expect(status.isHealthy, "\(status)")
      #expect(status.hosts.map(\.name) == ["dauntless", "excelsior", "falco"])
      #expect(Lab.running(stateRoot: lab.stateRoot).map(\.name) == [lab.name])
      let check = "test $(uname -n) = falco && test -x /usr/local/bin/murphy-agent && exit 7"
      #expect(try await lab.exec(host: "falco", argv: ["sh", "-c", check]) == 7)
      #expect(try LabTraces.linkNames().subtracting(before).isDisjoint(with: LabTraces.linksOfALab))

      // A second `up` leaves a healthy lab as it is.
      try await lab.up { _ in }
      #expect(lab.record == record)

      let falco = try lab.spec.host(named: "falco")
      let firstBoot = try #require(lab.running(falco))
      try await lab.cutPower(host: "falco")
      #expect(await lab.status().hosts.last?.pid == nil)
      await #expect(throws: LabError.hostOff("falco")) { try await lab.exec(host: "falco", argv: ["true"]) }
      try await lab.boot(host: "falco") { _ in }
      #expect(try #require(lab.running(falco)) != firstBoot)
      await #expect(throws: LabError.hostOn("falco")) { try await lab.boot(host: "falco") { _ in } }

      let traces = LabTraces(of: record.platform, state: lab.state)
      #expect(traces.namespaces.count == 4)
      let removed = try await lab.down()
      #expect(removed.count == 2)
      try await traces.expectGone()
      #expect(try LabTraces.linkNames().subtracting(before).isDisjoint(with: LabTraces.linksOfALab))
      #expect(await lab.status().phase == .down)
      #expect(try FileManager.default.contentsOfDirectory(atPath: lab.stateRoot).isEmpty)
    }
  }
}
