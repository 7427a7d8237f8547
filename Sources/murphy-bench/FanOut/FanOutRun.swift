import Glibc
import IsolatedHost
import Journal
import Linux
import Scenario

/// A run of the built `murphy` on a bed, observed from outside.
struct FanOutRun {
  private let bed: FanOutBed
  private let murphy: ChildProcess
  private let log = "\(FanOutBed.folder)/murphy.log"
  private var peak = 0
  /// The processor time at the beginning of the window in which all hosts are connected and nothing happens, and its time.
  private var rest: (ticks: Int, at: Int64)?
  /// The processor time in that window, as a share of one processor.
  private var share: Double?
  private var ssh: (memory: Int, ticks: Int)?

  /// The length of that window, in nanoseconds. The steady phase is longer by more than a second.
  private static let window: Int64 = 8_000_000_000
  /// The greatest size of a file of the run, in bytes.
  private static let limit = 1 << 28

  /// Runs the scenario to its end.
  static func measure(_ bed: FanOutBed) throws -> FanOutLine {
    var run = try FanOutRun(bed)
    return try run.finish()
  }

  private init(_ bed: FanOutBed) throws {
    self.bed = bed
    let program = try programPath()
    let murphy = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)]) + "/murphy"
    let folder = FanOutBed.folder
    let log = try Descriptor(open: log, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    self.murphy = try ChildProcess(
      [
        murphy, "run", "\(folder)/fan-out.yaml", "--fleet", "\(folder)/fleet.yaml", "--out", "\(folder)/runs",
      ],
      environment: ToolEnvironment.root, output: .pipe, errors: .descriptor(log.number))
  }

  private mutating func finish() throws -> FanOutLine {
    var watched = pollfd(fd: murphy.end, events: Int16(POLLIN), revents: 0)
    while poll(&watched, 1, 100) <= 0 { try observe() }
    // The process is not reaped yet, so the kernel still has its processor time.
    let ticks = try ProcessFigures.ticks(of: murphy.pid)
    let end = try murphy.wait()
    // Without a hypervisor, residue of domains is not known, so the exit code is 1.
    guard [0, 1].contains(end?.code), let share, let ssh else {
      throw try failure("murphy did not complete the run")
    }
    let output = String(decoding: try murphy.output.read(upTo: 65536, from: "murphy"), as: UTF8.self)
    guard let path = output.split(separator: "\n").last else { throw try failure("murphy printed no folder") }
    let entries = try Self.entries("\(path)/events.jsonl")
    return try line(entries, ticks: ticks, share: share, ssh: ssh)
  }

  private static func entries(_ path: String) throws -> [Entry] {
    var reader = EntryReader()
    try DurableFile.read(path, limit: limit).withUnsafeBufferPointer { (bytes) throws(JournalError) in
      try reader.take(bytes)
    }
    return try reader.end()
  }

  private mutating func observe() throws {
    // The process may end at any time, so what can't be read any more is not updated.
    peak = max(peak, ProcessFigures.kibibytes("VmHWM:", in: "/proc/\(murphy.pid)/status") ?? 0)
    if share != nil { return }
    let now = Clock.monotonic.now
    guard let rest else {
      let text = String(decoding: try DurableFile.read(log, limit: Self.limit), as: UTF8.self)
      if text.contains("  phase steady\n") { rest = (try ProcessFigures.ticks(of: murphy.pid), now) }
      return
    }
    if now - rest.at < Self.window { return }
    let ticks = try ProcessFigures.ticks(of: murphy.pid) - rest.ticks
    share = Double(ticks) / ProcessFigures.ticksPerSecond / (Double(now - rest.at) / 1e9)
    let children = try ProcessFigures.children(of: murphy.pid)
    ssh = try (
      children.reduce(0) { $0 + (ProcessFigures.kibibytes("Pss:", in: "/proc/\($1)/smaps_rollup") ?? 0) },
      children.reduce(0) { try $0 + ProcessFigures.ticks(of: $1) }
    )
  }

  private func line(
    _ entries: [Entry], ticks: Int, share: Double, ssh: (memory: Int, ticks: Int)
  ) throws -> FanOutLine {
    var steady: Nanoseconds?
    var requested: [Nanoseconds] = []
    var effects: [Nanoseconds] = []
    var reverts = 0
    for entry in entries {
      switch entry.event {
      case .phaseBegan(.steady): steady = steady ?? entry.at
      case .leaseRequested: requested.append(entry.at)
      case .leaseEffective(let effect): effects.append(effect.at)
      case .leaseReverted: reverts += 1
      default: break
      }
    }
    guard let steady, let begin = requested.min(), let first = effects.min(), let last = effects.max(),
      effects.count == bed.count, reverts == bed.count
    else {
      throw try failure(
        "of \(bed.count) hosts, \(effects.count) had the fault and \(reverts) reverted it")
    }
    return FanOutLine(
      agents: bed.count, ready: steady, spread: last - first, latest: last - begin,
      processor: Double(ticks) / ProcessFigures.ticksPerSecond, share: share, memory: peak,
      sshMemory: ssh.memory, sshProcessor: Double(ssh.ticks) / ProcessFigures.ticksPerSecond)
  }

  /// The failure, with the end of murphy's messages.
  private func failure(_ reason: String) throws -> BenchFailed {
    let text = String(decoding: try DurableFile.read(log, limit: Self.limit), as: UTF8.self)
    return BenchFailed(
      "\(bed.count) agents: \(reason)\n"
        + text.split(separator: "\n").suffix(20).map { String($0.prefix(400)) }.joined(separator: "\n"))
  }
}
