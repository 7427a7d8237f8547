/// What a lab answers, part by part, when asked now.
package struct LabStatus: Codable, Sendable, Equatable {
  /// The state of a lab as a whole.
  package enum Phase: String, Codable, Sendable {
    /// There is no such lab.
    case down
    /// ``Lab/up(progress:)`` is at work, or was killed at it.
    case starting
    /// Every part came up; since then parts may have failed, or may have been made to.
    case up
    /// Parts did not come up, or the process tree died and left its state folder.
    case broken
  }

  /// One part's answer.
  package struct Part: Codable, Sendable, Equatable {
    package let part: LabPart
    /// Whether its daemon exists as a process; for a part of the lab as a whole, on any host.
    package let running: Bool
    /// Nil if there was none in time, or an error.
    package let answer: String?
    /// Why there is no answer, or nil.
    package let reason: String?
  }

  /// One host's parts.
  package struct Host: Codable, Sendable, Equatable {
    package let name: String
    /// The machine's process id of the host's PID 1, or nil without power.
    package let pid: Int32?
    /// Without power, only those beside the host.
    package let parts: [Part]
  }

  package let lab: String
  /// The state of the lab as a whole.
  package let phase: Phase
  /// The machine's process id of the lab's PID 1, nil if it isn't alive.
  package let pid: Int32?
  /// Every host, in the order of their numbers; empty if the lab is down.
  package let hosts: [Host]
  /// Parts of the lab as a whole; empty if it isn't alive.
  package let parts: [Part]

  /// Whether every host has power and every part answered.
  package var isHealthy: Bool {
    phase == .up && parts.allSatisfy { $0.answer != nil }
      && hosts.allSatisfy { $0.pid != nil && $0.parts.allSatisfy { $0.answer != nil } }
  }
}
