import Foundation
import Glibc
import Journal
import Linux
import Metrics
import ProductTesting
import Reports
import Scenario
import Testing

@testable import Probes

/// The guest's append service on a file system that loses its power: the kernel drops what was not yet written.
@Suite(
  .tags(.namespace), .serialized,
  .enabled(
    if: getuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0,
    "needs root, for a network namespace, a mount and a loop device"))
struct PowerLossSerialTests {
  /// A file system in a file, with a disk for the service in it.
  private struct Machine: Sendable {
    let folder = "/var/tmp/murphy-power-\(UUID().uuidString)"

    func shell(_ script: String) throws {
      _ = try ChildProcess.run(["sh", "-ec", script], within: .seconds(60)).success()
    }

    func make() throws {
      try shell(
        """
        mkdir -p \(folder)/mnt
        cd \(folder)
        truncate -s 32M image
        mkfs.ext4 -q image
        unshare -m --propagation private sh -ec 'mount -o loop image mnt; dd if=/dev/zero of=mnt/disk bs=1M count=4 conv=fsync'
        """)
    }

    /// Boots: the service runs in a separate mount namespace, which ends with it.
    func boot(_ arguments: String = "") throws -> ChildProcess {
      let service = try ChildProcess(
        [
          "unshare", "-m", "--propagation", "private", "sh", "-ec",
          "mount -o loop \(folder)/image \(folder)/mnt; exec \(TestProducts.append) \(folder)/mnt/disk 7000 \(arguments)",
        ], output: .pipe)
      return service
    }

    /// Writes back what the page cache has, as the kernel does from time to time.
    func writeBack(of service: ChildProcess) throws {
      try shell("nsenter -t \(service.pid) -m sync -f \(folder)/mnt")
    }

    /// EXT4_IOC_SHUTDOWN without a flush of the journal, as at a loss of power.
    func losePower(of service: ChildProcess) throws {
      try shell(
        """
        nsenter -t \(service.pid) -m python3 -c '
        import fcntl, os, struct
        fcntl.ioctl(os.open("\(folder)/mnt", os.O_RDONLY), 0x8004587d, struct.pack("I", 2))'
        """)
      service.kill()
    }

    func remove() throws { try shell("rm -rf \(folder)") }
  }

  /// The report of a run whose guest lost its power while it stored records.
  private func report(_ arguments: String) async throws -> (writes: WriteMetrics, text: String) {
    let (samples, read) = try await onLoopback {
      let machine = Machine()
      try machine.make()
      defer { try? machine.remove() }
      let probe = Fleet.Probe.patient(.append, "tcp://127.0.0.1:7000")
      let service = try machine.boot(arguments)
      try StoredRecords(probe).empty(for: "run-1.1", timeout: .seconds(20))
      let harvest = try Harvest()
      let prober = try Prober([probe], trial: 1, origin: 0) { harvest.take($0) }
      try harvest.wait { $0.count { $0.verdict == .ok } >= 10 }
      try machine.writeBack(of: service)
      let written = harvest.all.count
      try harvest.wait { $0.count { $0.verdict == .ok } >= written + 10 }
      prober.stop()
      try machine.losePower(of: service)
      let again = try machine.boot()
      defer { again.kill() }
      var read = try StoredRecords(probe).read(of: "run-1.1", timeout: .seconds(20))
      for _ in 0..<100 where read.unreadable != nil {
        usleep(100_000)
        read = try StoredRecords(probe).read(of: "run-1.1", timeout: .seconds(20))
      }
      return (harvest.all, read)
    }
    let probe = Fleet.Probe.patient(.append, "tcp://127.0.0.1:7000")
    let began = RunBegan(
      run: "power", wall: "2026-11-27T12:00:00Z", seed: 1,
      scenario: Scenario(
        name: "power", steady: .init(duration: .seconds(1), probes: ["service"]), timeline: []),
      fleet: Fleet(name: "one", hosts: [], probes: [probe]), digests: [:], versions: [:])
    let journal = RunJournal(
      entries: [
        Entry(at: .zero, trial: 0, event: .runBegan(began)),
        Entry(at: .zero, trial: 1, event: .phaseBegan(.steady)),
        Entry(at: .seconds(60), trial: 1, event: .phaseBegan(.audit)),
        Entry(
          at: .seconds(61), trial: 1, event: .writesAudited(WritesAudit(probe: "service", reads: [read]))),
      ], samples: samples)
    let found = RunMetrics(journal).trials.first?.writes.first
    let writes = try #require(found)
    return (writes, try Report(journal).terminalLines.joined(separator: "\n"))
  }

  @Test("A service that syncs before it acknowledges keeps every acknowledged record over a loss of power")
  func honest() async throws {
    let (writes, text) = try await report("")
    #expect(writes.acknowledged >= 20 && writes.damaged == .counted(0), "\(writes)")
    #expect(text.contains("No acknowledged write was lost"), "\(text)")
  }

  @Test("A service that acknowledges before it syncs is found out: records are acknowledged and lost")
  func lying() async throws {
    let (writes, text) = try await report("--acknowledge-before-sync")
    guard case .counted(let lost) = writes.lost else {
      Issue.record("\(writes)")
      return
    }
    #expect(lost >= 10 && lost <= writes.acknowledged - 10, "\(writes)")
    #expect(writes.torn == .counted(0) && writes.stale == .counted(0), "\(writes)")
    #expect(text.contains("\(lost) acknowledged writes were lost."), "\(text)")
  }
}
