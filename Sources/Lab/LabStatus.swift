/// What a lab answers, part by part, when asked now.
public struct LabStatus: Codable, Sendable, Equatable {
  /// Where a lab stands as a whole.
  public enum Phase: String, Codable, Sendable {
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
  public struct Part: Codable, Sendable, Equatable {
    /// Whom was asked.
    public let part: LabPart
    /// Whether its daemon exists as a process; for `volume`, its FUSE client; for `web`, QEMU on any host.
    public let running: Bool
    /// What it said, nil if nothing in time or an error.
    public let answer: String?
    /// Why there is no answer, or nil.
    public let reason: String?
  }

  /// One host's parts.
  public struct Host: Codable, Sendable, Equatable {
    /// The host's name.
    public let name: String
    /// The machine's process id of the host's PID 1, or nil without power.
    public let pid: Int32?
    /// Empty without power.
    public let parts: [Part]
  }

  /// The lab's name.
  public let lab: String
  /// Where the lab stands as a whole.
  public let phase: Phase
  /// The machine's process id of the lab's PID 1, nil if it isn't alive.
  public let pid: Int32?
  /// Every host, in the order of their numbers; empty if the lab is down.
  public let hosts: [Host]
  /// The guest, or nil if the lab isn't alive.
  public let web: Part?

  /// Whether every host has power and every part answered.
  public var isHealthy: Bool {
    phase == .up && web?.answer != nil
      && hosts.allSatisfy { $0.pid != nil && $0.parts.allSatisfy { $0.answer != nil } }
  }
}
