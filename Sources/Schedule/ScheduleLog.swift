/// The lines of one schedule, folded.
package struct ScheduleLog: Sendable {
  /// Since when it is watched; nil before the first `run-due`.
  package private(set) var watched: Int?
  /// In the order in which they were first written.
  package private(set) var occasions: [OccasionState] = []
  /// The last names of scenario and fleet; nil without a line.
  package private(set) var names: (scenario: String, fleet: String)?
  /// The attempts to deliver notices, by notice and channel.
  package private(set) var deliveries: [Delivery.Key: Delivery] = [:]
  /// What came of the occasions, in its order: the lines of which people are notified.
  package private(set) var outcomes: [ScheduleEntry] = []
  /// When runs were started, by occasion.
  private(set) var starts: [String: [Int]] = [:]

  package init(_ entries: [ScheduleEntry], of schedule: String) {
    for entry in entries where entry.schedule == schedule { take(entry) }
  }

  /// By name, the index in `occasions`.
  private var indices: [String: Int] = [:]

  package func occasion(_ name: String) -> OccasionState {
    indices[name].map { occasions[$0] } ?? OccasionState(name: name)
  }

  private mutating func take(_ entry: ScheduleEntry) {
    names = (entry.scenario, entry.fleet)
    switch entry.event {
    case .sent, .unsent:
      // An attempt to deliver changes nothing in its occasion.
      if let delivery = Delivery(entry) { deliveries[delivery.key] = delivery }
      return
    case .ran, .refused, .missed, .skipped, .notMade: outcomes.append(entry)
    case .started: starts[entry.occasion ?? "", default: []].append(entry.at)
    case .watched, .acknowledged: break
    }
    guard let name = entry.occasion else {
      if entry.event == .watched, watched == nil { watched = entry.at }
      return
    }
    let index = indices[name] ?? occasions.count
    if index == occasions.count {
      occasions.append(OccasionState(name: name))
      indices[name] = index
    }
    occasions[index].take(entry)
  }
}

/// What happened in an occasion.
package struct OccasionState: Equatable, Sendable {
  package var name: String
  package private(set) var scenario = ""
  package private(set) var fleet = ""
  package private(set) var attempts = 0
  /// The latest time of a planned start or of a decision.
  package private(set) var last: Int?
  /// The first planned start, or the first decision without one.
  package private(set) var first: Int?
  /// The planned start of a run that has not ended.
  package private(set) var running: Int?
  /// The runs that have a folder.
  package private(set) var runs: [String] = []
  /// Why attempts have no run, each with its time.
  package private(set) var refusals: [Refusal] = []
  package private(set) var end: End?
  /// The reason of its end without a run.
  package private(set) var closing: String?
  /// The time of its end.
  package private(set) var ended: Int?
  /// The result of the run that ended it.
  package private(set) var exitCode: Int32?
  package private(set) var isWorse = false
  package private(set) var result: String?
  /// Whether a person acknowledged the occasion itself.
  package private(set) var isAcknowledged = false

  package struct Refusal: Equatable, Sendable {
    package var at: Int
    package var reason: String
  }

  package enum End: Equatable, Sendable {
    /// A run was made, whatever its result.
    case made
    /// `murphy run` was started, and the controller ended before it.
    case interrupted
    case skipped
    case notMade
  }

  package init(name: String) { self.name = name }

  /// The exit codes of runs that tested nothing: bad input, refused.
  static let retried: Set<Int32> = [2, 3]

  fileprivate mutating func take(_ entry: ScheduleEntry) {
    if entry.event == .acknowledged {
      isAcknowledged = true
      return
    }
    let hadEnded = end != nil
    defer { if !hadEnded, end != nil { ended = entry.at } }
    (scenario, fleet) = (entry.scenario, entry.fleet)
    let time = entry.planned ?? entry.at
    first = first ?? time
    last = max(last ?? .min, time, entry.at)
    if let run = entry.run { runs.append(run) }
    switch entry.event {
    case .watched, .acknowledged, .sent, .unsent: break
    case .started:
      attempts += 1
      running = time
    case .ran:
      running = nil
      if let code = entry.exitCode {
        if !Self.retried.contains(code) { end = .made }
        (exitCode, isWorse, result) = (code, entry.isWorse ?? false, entry.result)
        if entry.run == nil { refuse(entry, at: time) }
      } else {
        end = .interrupted
        refuse(entry, at: time)
      }
    case .refused, .missed:
      attempts += 1
      refuse(entry, at: time)
    case .skipped:
      end = .skipped
      closing = entry.reason
    case .notMade:
      end = .notMade
      closing = entry.reason
    }
  }

  private mutating func refuse(_ entry: ScheduleEntry, at time: Int) {
    if let reason = entry.reason { refusals.append(Refusal(at: time, reason: reason)) }
  }

  /// Why it has no run, or had none at first, in a sentence; nil if each attempt has its run.
  package func reason(in zone: Zone) -> String? {
    let parts = refusals.map { "\(zone.day(of: $0.at)): \($0.reason)" }
    switch end {
    case .skipped: return closing
    case .made: return parts.isEmpty ? nil : "made later: \(parts.joined(separator: "; "))"
    case .interrupted: return parts.joined(separator: "; ")
    case .notMade:
      // The refused runs have their own rows in the history.
      if refusals.isEmpty, !runs.isEmpty { return nil }
      return "not made: \((parts + [closing].compactMap { $0 }).joined(separator: "; "))"
    case nil: return parts.isEmpty ? nil : "not made yet: \(parts.joined(separator: "; "))"
    }
  }
}
