import ArgumentParser
import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario

/// Measures `murphy report` on runs of many samples, and on runs of many trials: processor time and peak memory.
struct ReportBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Measures the processor time and the peak memory of 'murphy report' on runs of many samples.")

  @Option(help: "Millions of samples in one trial.") var millions: [Int] = [1, 3, 10]
  @Option(help: "Trials, with 1,000 samples each.") var trials: [Int] = [1000, 3000]

  func validate() throws {
    if (millions + trials).contains(where: { !(1...1000000).contains($0) }) {
      throw ValidationError("--millions and --trials: give 1 to 1000000")
    }
  }

  func run() throws {
    let folder = "\(FileManager.default.temporaryDirectory.path)/murphy-bench-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    print("samples   trials  samples.bin  report  peak memory")
    for count in millions { try measure(LongRun(trials: 1, samples: count * 1_000_000), in: folder) }
    for count in trials { try measure(LongRun(trials: count, samples: count * 1000), in: folder) }
  }

  private func measure(_ run: LongRun, in folder: String) throws {
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let size = try run.write(to: folder)
    let program = try programPath()
    let murphy = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)]) + "/murphy"
    let outcome = try ChildProcess.run([program, "peak", murphy, "report", folder])
    let figures =
      outcome.outputText.split(separator: "\n").last?.split(separator: " ").compactMap { Int($0) } ?? []
    guard outcome.end.code == 0, figures.count == 2 else {
      printToStandardError(outcome.errorText)
      throw ExitCode.failure
    }
    let (tenths, memory) = ((figures[0] + 50) / 100, figures[1] / 1000)
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 0)) + text
    }
    print(
      padded("\(run.samples)", 9), padded("\(run.trials)", 6), padded("\(size / 1_000_000) MB", 11),
      padded("\(tenths / 10).\(tenths % 10) s", 8), padded("\(memory) MB", 11))
  }
}

/// Runs a program to its end on one processor. Prints its processor time in milliseconds, and its peak memory in KiB.
struct PeakCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak",
    abstract:
      "Runs a program on one processor; prints its processor time in milliseconds and its peak memory in KiB.",
    shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.") var command: [String]

  func run() throws {
    // The parser passes it on to the program.
    if command == ["--help"] || command == ["-h"] { throw CleanExit.helpRequest(self) }
    let outcome = try ChildProcess.run(["taskset", "--cpu-list", "0"] + command)
    guard outcome.end.code == 0 else {
      printToStandardError(outcome.errorText)
      throw ExitCode.failure
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    let times = [usage.ru_utime, usage.ru_stime]
    let milliseconds = times.reduce(0) { $0 + $1.tv_sec * 1000 + $1.tv_usec / 1000 }
    print(milliseconds, usage.ru_maxrss)
  }
}

/// A run of many samples: ten probes, a request each 100 ms, whose answers take from 0.5 to 20 ms; one host is unplugged
/// in each trial, and all probes fail for a while.
struct LongRun {
  let trials: Int
  let samples: Int
  var probes = (1...10).map { "probe-\($0)" }
  var name = "bench"
  var scenario = "bench"
  var wall = "2026-11-23T06:30:00Z"
  var fingerprint: [String: String] = [:]
  /// The failed requests of each probe in each trial; nil for a tenth of the trial, at most a minute.
  var failed: Int64?
  var limit = Nanoseconds.seconds(120)

  private var secondsEach: Int64 { Int64(samples / trials / probes.count / 10) }

  /// Writes its journal; the size of its samples.
  func write(to folder: String) throws -> Int {
    let events = try Descriptor(open: "\(folder)/events.jsonl", O_WRONLY | O_CREAT | O_TRUNC)
    func note(_ at: Nanoseconds, _ trial: Int, _ event: Event) throws {
      let line = try Entry(at: at, trial: trial, event: event).json()
      try events.write(Array(line) + [UInt8(ascii: "\n")], to: "events.jsonl")
    }
    try note(.zero, 0, .runBegan(began))
    try note(
      .zero, 0,
      .hostSurveyed(
        HostSurvey(
          host: "falco", fingerprint: fingerprint, running: ["web"], clockOffset: .zero,
          clockUncertainty: .milliseconds(1))))
    let file = try Descriptor(open: "\(folder)/samples.bin", O_WRONLY | O_CREAT | O_TRUNC)
    var encoder = SampleEncoder()
    var bytes = SampleEncoder.header
    var size = 0
    for trial in 1...trials {
      let begin = Nanoseconds.seconds(secondsEach) * Int64(trial - 1)
      try noteTrial(trial, begin, note)
      for number in 1...secondsEach * 10 {
        let due = begin + .milliseconds(100 * number)
        let isDown = number > secondsEach * 4 && number <= secondsEach * 4 + (failed ?? min(secondsEach, 600))
        for (index, probe) in probes.enumerated() {
          let took = Nanoseconds(
            500_000 + (number &* 2_654_435_761 &+ Int64(index) &* 40_503) & 0xFFFFFF)
          let sample = Sample(
            trial: trial, probe: probe, sequence: number, scheduled: due, sent: due + Nanoseconds(20_000),
            completed: due + took, verdict: isDown ? .fail : .ok, status: isDown ? "refused" : "200")
          bytes += encoder.block(sample)
        }
        if bytes.count > 1 << 20 {
          size += bytes.count
          try file.write(bytes, to: "samples.bin")
          bytes.removeAll(keepingCapacity: true)
        }
      }
    }
    try file.write(bytes, to: "samples.bin")
    try note(.seconds(secondsEach * Int64(trials)), 0, .runEnded(exitCode: 0))
    return size + bytes.count
  }

  private var began: RunBegan {
    let fleet = Fleet(
      name: "bench", hosts: [.init(name: "falco", ssh: "root@falco", links: [:])],
      vms: [.init(name: "web", domain: "web")], quorum: 1,
      probes: probes.map {
        .init(name: $0, kind: .http, target: "http://10.77.2.101/", every: .milliseconds(100))
      })
    var scenario = Scenario(
      name: self.scenario, steady: .init(duration: .seconds(10), probes: probes),
      timeline: [
        Step(
          name: "cut", trigger: .at(.zero), fault: "host.unplug", target: .host(.named("falco")),
          duration: .seconds(1))
      ],
      objectives: probes.map {
        Objective(subject: $0, metric: .downtime, relation: .max, limit: limit.count)
      })
    scenario.trials = trials
    return RunBegan(
      run: name, wall: wall, seed: 1, scenario: scenario, fleet: fleet, digests: [:],
      versions: [:])
  }

  private func noteTrial(
    _ trial: Int, _ begin: Nanoseconds, _ note: (Nanoseconds, Int, Event) throws -> Void
  ) throws {
    let lease = "lease-\(trial)"
    let part = Nanoseconds.seconds(secondsEach) / 10
    let bands = Dictionary(uniqueKeysWithValues: probes.map { ($0, Nanoseconds.milliseconds(80)) })
    let cut = begin + part * 4
    try note(begin, trial, .phaseBegan(.steady))
    try note(cut, trial, .baseline(reasons: [], bands: bands))
    try note(cut, trial, .phaseBegan(.faults))
    try note(cut, trial, .stepChosen(StepChosen(step: "cut", hosts: ["falco"], vms: [], how: "named")))
    try note(
      cut, trial,
      .leaseRequested(
        LeaseRequested(
          lease: lease, step: "cut", host: "falco", fault: "host.unplug", object: "eth0",
          duration: .seconds(1), cutsControlPath: false)))
    try note(
      cut, trial,
      .leaseEffective(
        LeaseEffective(
          lease: lease, at: cut + .milliseconds(1), uncertainty: .milliseconds(1), took: .milliseconds(1),
          evidence: "no carrier")))
    try note(
      cut + .seconds(1), trial,
      .leaseReverted(
        LeaseReverted(
          lease: lease, at: cut + .seconds(1), uncertainty: .milliseconds(1), cause: .deadline,
          lastActive: cut + .seconds(1))))
    try note(cut + part, trial, .phaseBegan(.recovery))
    try note(cut + part * 5, trial, .recoveryEnded(.stable))
    try note(begin + .seconds(secondsEach) - .milliseconds(1), trial, .phaseBegan(.audit))
    try note(
      begin + .seconds(secondsEach) - .milliseconds(1), trial, .residueAudited(host: "falco", differences: [])
    )
  }
}
