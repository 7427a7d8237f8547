import Scenario

extension Entry: Codable {
  private enum Key: String, CodingKey {
    case at, trial, event, format
    case phase, reasons, bands, lease, message, cause, host, reason, view, outcome, unwell, differences,
      uncompared,
      condition, signal, faults, from, aside
    case exitCode = "exit-code"
  }

  private enum Name: String, Codable {
    case runBegan = "run.began"
    case settingApplied = "setting.applied"
    case runResumed = "run.resumed"
    case hostSurveyed = "host.surveyed"
    case phaseBegan = "phase.began"
    case baseline
    case stepChosen = "step.chosen"
    case leaseRequested = "lease.requested"
    case leaseEffective = "lease.effective"
    case leaseEnded = "lease.ended"
    case leaseFailed = "lease.failed"
    case leaseReverting = "lease.reverting"
    case leaseReverted = "lease.reverted"
    case hostLost = "host.lost"
    case hostRegained = "host.regained"
    case viewSeen = "view.seen"
    /// Only in journals before `view.seen`; never written.
    case storageSeen = "storage.seen"
    /// Only in journals before `view.seen`; never written.
    case managerSeen = "manager.seen"
    case domainSeen = "domain.seen"
    case recoveryEnded = "recovery.ended"
    case writesAudited = "writes.audited"
    case residueAudited = "residue.audited"
    case guardTripped = "guard.tripped"
    case interrupted
    case trialVoid = "trial.void"
    case runRefused = "run.refused"
    case runAborted = "run.aborted"
    case faultsActive = "faults.active"
    case runEnded = "run.ended"
  }

  /// The key of an event's own value.
  private enum Payload: String, CodingKey { case value }

  /// Writes `{"at":…,"trial":…,"event":"NAME", …}`.
  package func encode(to encoder: any Encoder) throws {
    var line = encoder.container(keyedBy: Key.self)
    var payload = encoder.container(keyedBy: Payload.self)
    try line.encode(at, forKey: .at)
    try line.encode(trial, forKey: .trial)
    func write(_ name: Name) throws { try line.encode(name, forKey: .event) }
    func write(_ name: Name, _ value: some Encodable) throws {
      try write(name)
      try payload.encode(value, forKey: .value)
    }
    switch event {
    case .runBegan(let value):
      try write(.runBegan, value)
      try line.encode(JournalFormat.current, forKey: .format)
    case .settingApplied(let value): try write(.settingApplied, value)
    case .runResumed(let value): try write(.runResumed, value)
    case .hostSurveyed(let value): try write(.hostSurveyed, value)
    case .phaseBegan(let phase):
      try write(.phaseBegan)
      try line.encode(phase, forKey: .phase)
    case .baseline(let reasons, let bands):
      try write(.baseline)
      try line.encode(reasons, forKey: .reasons)
      if !bands.isEmpty { try line.encode(bands, forKey: .bands) }
    case .stepChosen(let value): try write(.stepChosen, value)
    case .leaseRequested(let value): try write(.leaseRequested, value)
    case .leaseEffective(let value): try write(.leaseEffective, value)
    case .leaseEnded(let value): try write(.leaseEnded, value)
    case .leaseFailed(let lease, let message):
      try write(.leaseFailed)
      try line.encode(lease, forKey: .lease)
      try line.encode(message, forKey: .message)
    case .leaseReverting(let lease, let cause):
      try write(.leaseReverting)
      try line.encode(lease, forKey: .lease)
      try line.encode(cause, forKey: .cause)
    case .leaseReverted(let value): try write(.leaseReverted, value)
    case .hostLost(let host, let reason):
      try write(.hostLost)
      try line.encode(host, forKey: .host)
      try line.encode(reason, forKey: .reason)
    case .hostRegained(let host):
      try write(.hostRegained)
      try line.encode(host, forKey: .host)
    case .viewSeen(let view, let belief, let from, let isAside):
      try write(.viewSeen, belief)
      try line.encode(view, forKey: .view)
      try line.encodeIfPresent(from, forKey: .from)
      if isAside { try line.encode(true, forKey: .aside) }
    case .domainSeen(let value): try write(.domainSeen, value)
    case .recoveryEnded(let outcome, let unwell):
      try write(.recoveryEnded)
      try line.encode(outcome, forKey: .outcome)
      if !unwell.isEmpty { try line.encode(unwell, forKey: .unwell) }
    case .writesAudited(let value): try write(.writesAudited, value)
    case .residueAudited(let host, let differences, let uncompared):
      try write(.residueAudited)
      try line.encode(host, forKey: .host)
      try line.encode(differences, forKey: .differences)
      if !uncompared.isEmpty { try line.encode(uncompared, forKey: .uncompared) }
    case .guardTripped(let condition):
      try write(.guardTripped)
      try line.encode(condition, forKey: .condition)
    case .interrupted(let signal):
      try write(.interrupted)
      try line.encode(signal, forKey: .signal)
    case .trialVoid(let reason):
      try write(.trialVoid)
      try line.encode(reason, forKey: .reason)
    case .runRefused(let reasons):
      try write(.runRefused)
      try line.encode(reasons, forKey: .reasons)
    case .runAborted(let reason):
      try write(.runAborted)
      try line.encode(reason, forKey: .reason)
    case .faultsActive(let faults):
      try write(.faultsActive)
      try line.encode(faults, forKey: .faults)
    case .runEnded(let exitCode):
      try write(.runEnded)
      try line.encode(exitCode, forKey: .exitCode)
    case .unknown(let kind): try line.encode(kind, forKey: .event)
    }
  }

  /// Reads what `encode(to:)` and earlier versions write.
  package init(from decoder: any Decoder) throws {
    let line = try decoder.container(keyedBy: Key.self)
    let payload = try decoder.container(keyedBy: Payload.self)
    func value<T: Decodable>() throws -> T { try payload.decode(T.self, forKey: .value) }
    func field<T: Decodable>(_ key: Key) throws -> T { try line.decode(T.self, forKey: key) }
    func field<T: Decodable>(_ key: Key, else missing: T) throws -> T {
      try line.decodeIfPresent(T.self, forKey: key) ?? missing
    }
    let kind: String = try field(.event)
    let event: Event =
      switch Name(rawValue: kind) {
      case nil: .unknown(kind: kind)
      case .runBegan: .runBegan(try value())
      case .settingApplied: .settingApplied(try value())
      case .runResumed: .runResumed(try value())
      case .hostSurveyed: .hostSurveyed(try value())
      case .phaseBegan: .phaseBegan(try field(.phase))
      case .baseline: .baseline(reasons: try field(.reasons), bands: try field(.bands, else: [:]))
      case .stepChosen: .stepChosen(try value())
      case .leaseRequested: .leaseRequested(try value())
      case .leaseEffective: .leaseEffective(try value())
      case .leaseEnded: .leaseEnded(try value())
      case .leaseFailed: .leaseFailed(lease: try field(.lease), message: try field(.message))
      case .leaseReverting: .leaseReverting(lease: try field(.lease), cause: try field(.cause))
      case .leaseReverted: .leaseReverted(try value())
      case .hostLost: .hostLost(host: try field(.host), reason: try field(.reason))
      case .hostRegained: .hostRegained(host: try field(.host))
      case .viewSeen:
        .viewSeen(
          view: try field(.view), try value(), from: try line.decodeIfPresent(String.self, forKey: .from),
          isAside: try field(.aside, else: false))
      case .storageSeen: .viewSeen(view: try field(.view), .storage(try value()))
      case .managerSeen: .viewSeen(view: try field(.view), .manager(try value()))
      case .domainSeen: .domainSeen(try value())
      case .recoveryEnded: .recoveryEnded(try field(.outcome), unwell: try field(.unwell, else: []))
      case .writesAudited: .writesAudited(try value())
      case .residueAudited:
        .residueAudited(
          host: try field(.host), differences: try field(.differences),
          uncompared: try field(.uncompared, else: []))
      case .guardTripped: .guardTripped(try field(.condition))
      case .interrupted: .interrupted(signal: try field(.signal))
      case .trialVoid: .trialVoid(reason: try field(.reason))
      case .runRefused: .runRefused(reasons: try field(.reasons))
      case .runAborted: .runAborted(reason: try field(.reason))
      case .faultsActive: .faultsActive(try field(.faults))
      case .runEnded: .runEnded(exitCode: try field(.exitCode))
      }
    self.init(at: try field(.at), trial: try field(.trial), event: event)
  }
}
