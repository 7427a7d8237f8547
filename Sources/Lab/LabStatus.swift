/// The present state of a lab, part by part.
package struct LabStatus: Codable, Sendable, Equatable {
  /// The state of the whole lab.
  package enum Phase: String, Codable, Sendable {
    /// There is no such lab.
    case down
    /// ``Lab/up(progress:)`` is running, or was killed.
    case starting
    /// Every part came up; some may have failed since, or may be affected by a fault.
    case up
    /// Parts did not come up, or the process tree ended and its state folder still exists.
    case broken
  }

  /// One part's state.
  package struct Part: Codable, Sendable, Equatable {
    package let part: LabPart
    /// Whether its process exists; for a part of the whole lab, on any host.
    package let running: Bool
    /// Nil if there was no answer in time, or an error.
    package let answer: String?
    /// Why there is no answer; nil if there is one.
    package let reason: String?
  }

  /// One host's parts.
  package struct Host: Codable, Sendable, Equatable {
    package let name: String
    /// The pid of the host's PID 1, as the machine numbers it; nil if the host is off.
    package let pid: Int32?
    /// The parts that run on the host, and those beside it, such as its BMC. If the host is off, only the latter.
    package let parts: [Part]
  }

  package let lab: String
  /// The state of the whole lab.
  package let phase: Phase
  /// The pid of the lab's PID 1, as the machine numbers it; nil if it isn't alive.
  package let pid: Int32?
  /// Every host, in the order of their numbers; empty if the lab is down.
  package let hosts: [Host]
  /// Parts of the whole lab; empty if it isn't alive.
  package let parts: [Part]

  /// Whether every host is on and every part answered.
  package var isHealthy: Bool {
    phase == .up && parts.allSatisfy { $0.answer != nil }
      && hosts.allSatisfy { $0.pid != nil && $0.parts.allSatisfy { $0.answer != nil } }
  }
}
