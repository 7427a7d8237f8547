import Glibc
import Linux
import Scenario

/// `noise.cpu`: processors of a host are busy.
package struct NoiseCPU: ProcessFault {
  /// How many of the host's processors are busy.
  package enum Processors: String, Codable, CaseIterable, Sendable {
    case one, half, all

    func count(of processors: Int) -> Int {
      switch self {
      case .one: 1
      case .half: max(1, processors / 2)
      case .all: max(1, processors)
      }
    }
  }

  let processors: Processors

  package static let description = FaultDescription(
    name: "noise.cpu",
    summary: "Processors of a host are kept busy by a process, which competes with all others.",
    targets: [.host],
    parameters: [
      .init(
        name: "processors", summary: "How many busy threads, as a share of the host's processors.",
        form: .word(Processors.allCases.map(\.rawValue)), standard: .word(Processors.all.rawValue))
    ],
    // Cluster and storage may give up a host that answers late.
    takesHost: true, extent: .held,
    variants: Processors.allCases.map {
      .init($0.rawValue, ["processors": $0.rawValue], observed: .onHost(.processorsBusy))
    })

  /// The noise of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let processors = Self.word("processors", of: step).flatMap(Processors.init) else {
      throw StepRefused(step, "processors is one, half or all", of: "processors")
    }
    self.processors = processors
  }

  /// `all processors`.
  package var object: String {
    switch processors {
    case .one: "one processor"
    case .half: "half of the processors"
    case .all: "all processors"
    }
  }
  /// No object is changed.
  package var footprint: [Resource] { [] }
  package var undoing: String { "ends the process that keeps processors busy" }
  /// Nothing: every host has processors.
  package func missing(using instruments: Instruments) -> [String] { [] }

  var evidence: String { "a process of this lease keeps \(object) busy" }

  /// The threads end with the process, which ends when this returns.
  func perform(_ undo: ProcessUndo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments)
    throws
  {
    for _ in 0..<processors.count(of: sysconf(Int32(_SC_NPROCESSORS_ONLN))) {
      try startThread(named: "noise") {
        var value: UInt64 = 1
        // The kernel's clock call keeps the compiler from removing the loop.
        while true { value = value &* 6_364_136_223_846_793_005 &+ UInt64(bitPattern: Clock.monotonic.now) }
      }
    }
    while try pause(.seconds(60)) {}
  }
}
