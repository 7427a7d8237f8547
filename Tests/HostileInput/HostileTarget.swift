import Agent
import AgentProtocol
import Faults
import Files
import FoundationEssentials
import Glibc
import Journal
import Linux
import Probes
import Reports
import Scenario
import Schedule
import Views

/// A part of Murphy that reads untrusted input: it must refuse or accept any input, and never crash, hang or exhaust memory.
package enum HostileTarget: String, CaseIterable, Sendable {
  /// Bytes on an agent's stdin, in chunks.
  case session
  /// Lines between controller and agent, as values.
  case wire
  /// A lease's file and its log.
  case lease
  /// A host's policy.
  case policy
  /// `fleet.yaml`.
  case fleet
  /// `scenario.yaml`.
  case scenario
  /// A lab's spec file.
  case lab
  /// `schedule.yaml`.
  case schedule
  /// A calendar of a schedule, and the days that it blocks.
  case calendar
  /// A run's journal, and the reports that are computed from it.
  case journal
  /// `samples.bin`.
  case samples
  /// The bytes of a file with append records, and records that build on each other in any way.
  case records
  /// The output of the platform's tools, and answers of monitoring.
  case views
  /// The answers of services to probes and to the controller.
  case answers
  /// The journals of runs that are compared, and their history.
  case comparison
  /// What people added to a run's folder.
  case evidence

  /// Separates the parts of an input.
  package static let separator: UInt8 = 0x1E

  /// Passes an input to that part of Murphy.
  package func feed(_ input: [UInt8]) throws {
    switch self {
    case .session: try feedSession(input)
    case .wire:
      for line in input.split(separator: UInt8(ascii: "\n")) {
        if let value = try? WireCoding.value(RequestLine.self, from: line) { _ = try WireCoding.line(value) }
        if let value = try? WireCoding.value(AgentLine.self, from: line) { _ = try WireCoding.line(value) }
      }
      var output = AgentOutput()
      try? output.add(input) { _ in }
    case .lease: try feedLease(input)
    case .policy:
      let file = try Self.folder() + "/policy.json"
      try Self.write(input, to: file)
      guard let policy = try? Policy.read(file) else { return }
      _ = policy.refusals(of: try Self.order(), duration: .seconds(60))
    case .fleet:
      let file = try Self.folder() + "/fleet.yaml"
      try Self.write(input, to: file)
      _ = try? FileKind.detect(path: file)
      _ = try? FleetFile.read(path: file)
    case .scenario:
      let file = try Self.folder() + "/scenario.yaml"
      try Self.write(input, to: file)
      _ = try? ScenarioFile.read(
        path: file, fleet: Self.standingFleet, catalogue: Catalogue.builtIn)
    case .lab:
      let file = try Self.folder() + "/lab.yaml"
      try Self.write(input, to: file)
      _ = try? LabFile.read(path: file)
    case .schedule:
      let file = try Self.folder() + "/schedule.yaml"
      try Self.write(input, to: file)
      _ = try? ScheduleFile.read(path: file)
    case .calendar:
      let file = try Self.folder() + "/calendar.ics"
      try Self.write(input, to: file)
      guard let calendar = try? CalendarFile.read(path: file, zone: .utc) else { return }
      let schedule = Schedule(
        name: "s", scenario: "s", fleet: "f", reports: "r", every: .month, window: Window(from: 0, to: 1440),
        zone: .utc, calendars: [calendar])
      _ = schedule.answers(Day(20_000)...Day(20_400))
    case .journal:
      let parts = Self.parts(input)
      let journal = try? RunJournal(events: Data(parts[0]), samples: Data(parts.count > 1 ? parts[1] : []))
      guard let journal else { return }
      guard let report = try? Report(journal) else { return }
      try? ReportFolder.write(report, to: try Self.folder())
    case .samples: try feedSamples(input)
    case .records: try Self.feedRecords(input)
    case .views: Self.feedViews(input)
    case .answers: Self.feedAnswer(input)
    case .comparison: try Self.feedComparison(input)
    case .evidence: try Self.feedEvidence(input)
    }
  }

  static func parts(_ input: [UInt8]) -> [[UInt8]] {
    input.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
  }

  /// A folder of this process in memory.
  private static func folder() throws -> String {
    let path = "/dev/shm/murphy-hostile-\(getpid())"
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", path, errno: errno) }
    return path
  }

  /// Removes the files that `feed` made.
  package static func clean() throws {
    try? FileManager.default.removeItem(atPath: try folder())
  }

  /// Writes without fsync.
  private static func write(_ bytes: some Collection<UInt8>, to file: String) throws {
    try Descriptor(open: file, O_WRONLY | O_CREAT | O_TRUNC).write(bytes, to: file)
  }

  // MARK: Samples

  /// The input arrives in two pieces; its first byte decides where it is divided. Samples that were read are encoded, and
  /// must be read again from this encoding.
  private func feedSamples(_ input: [UInt8]) throws {
    guard let first = input.first else { return }
    let bytes = Array(input.dropFirst())
    guard let samples = try? Self.read(bytes, first: Int(first) * 16) else { return }
    var encoder = SampleEncoder()
    let encoded = samples.reduce(into: SampleEncoder.header) { $0 += encoder.block($1) }
    // If a word is truncated to the maximum length, it may end within a character.
    let isCut = samples.contains { [$0.probe, $0.status, $0.boot ?? ""].contains { $0.utf8.count > 4000 } }
    if !isCut, try Self.read(encoded, first: 7) != samples { throw Unequal() }
  }

  struct Unequal: Error {}

  private static func read(_ bytes: [UInt8], first: Int) throws -> [Sample] {
    var reader = SampleReader()
    var samples: [Sample] = []
    for piece in [bytes.prefix(first), bytes.dropFirst(first)] {
      try Array(piece).withUnsafeBufferPointer { piece in
        Result { () throws(JournalError) in try reader.take(piece) { samples.append($0) } }
      }.get()
    }
    reader.end { samples.append($0) }
    return samples
  }

  // MARK: Records

  /// The input is a file's content. It is also a list of records, of four bytes each: two numbers, each with its checksum.
  private static func feedRecords(_ input: [UInt8]) throws {
    var scan = RecordScan(owner: "run-1.1")
    input.withUnsafeBytes { scan.take($0) }
    var links: [RecordsFound.Link] = []
    for at in stride(from: 0, to: input.count - 3, by: 4) {
      let number = Int64(input[at]) << 8 | Int64(at & 0xFF)
      let previous = Int64(input[at + 2]) << 8 | Int64((at - 4) & 0xFF)
      links.append(
        RecordsFound.Link(
          number: number, checksum: UInt32(input[at + 1] & 3), previous: previous,
          previousChecksum: UInt32(input[at + 3] & 3)))
    }
    for found in [scan.found, RecordsFound(links)] {
      let json = try JSONEncoder().encode(found)
      if try JSONDecoder().decode(RecordsFound.self, from: json) != found { throw Unequal() }
    }
  }

  // MARK: Session

  /// The real session over a socket, which delivers a packet at each read. The first byte decides the packets' size.
  ///
  /// The policy allows only cuts of links, and no link exists. So an assignment passes every check until the host is
  /// asked.
  private func feedSession(_ input: [UInt8]) throws {
    guard let first = input.first, input.count <= 1 << 16 else { return }
    // Its thread would outlive the session. A real agent has only one session.
    if String(decoding: input, as: UTF8.self).contains("watchDomains") { return }
    let folder = try Self.folder()
    try Self.write(
      Array(#"{"faults":["host.*","link.*"],"links":["none*"],"domains":[],"longest-lease":"10m"}"#.utf8),
      to: folder + "/agent.json")
    var ends: [Int32] = [0, 0]
    try checked("socketpair", "session") { socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) }
    let reader = Descriptor(owning: ends[0])
    var writer = Descriptor(owning: ends[1])
    // The number of packets fits into the socket's buffer, since the reader hasn't started.
    let bytes = input.dropFirst()
    var rest = bytes
    let size = max(Int(first) * 16, bytes.count / 100 + 1)
    while !rest.isEmpty {
      try writer.write(rest.prefix(size), to: "session")
      rest = rest.dropFirst(size)
    }
    writer.close()
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    let session = try Session(
      input: reader.number, output: null.number, folder: LeaseFolder(path: folder + "/leases"),
      lockPath: folder + "/lock", historyPath: folder + "/domains", policyPath: folder + "/agent.json")
    _ = session.serve()
  }

  // MARK: Leases

  /// A lease and its log. If the first byte is even, the lease gets a valid checksum, as if a person had edited it and
  /// corrected its checksum.
  private func feedLease(_ input: [UInt8]) throws {
    guard let first = input.first else { return }
    let parts = Self.parts(Array(input.dropFirst()))
    let folder = LeaseFolder(path: try Self.folder() + "/leases")
    if mkdir(folder.path, 0o700) != 0, errno != EEXIST {
      throw SystemError("mkdir", folder.path, errno: errno)
    }
    try Self.write(
      first.isMultiple(of: 2) ? LeaseFile.sealed(parts[0]) : parts[0], to: folder.path + "/a1.lease")
    try Self.write(parts.count > 1 ? parts[1] : [], to: folder.path + "/a1.log")
    for name in try folder.names() {
      guard let lease = try? folder.read(name) else { continue }
      _ = try? folder.status(of: lease)
      // The lease is from another boot, so that nothing is undone, with any undo record.
      if lease.boot != (try Clock.bootIdentity()) {
        _ = try folder.revert(lease, cause: .recover, using: Instruments())
      }
    }
  }
}
