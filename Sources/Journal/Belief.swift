import Scenario

/// The belief of a part of the platform, in one of several forms.
package enum Belief: Equatable, Sendable {
  /// The belief of storage.
  case storage(StorageState)
  /// The belief of a manager.
  case manager(ManagerState)
  /// The report of a program that judges the platform.
  case verdict(Verdict)

  /// The forms of beliefs.
  package enum Form: String, CodingKey, CaseIterable, Sendable { case storage, manager, verdict }

  /// An unknown belief, with the reason.
  package init(_ form: Form, unknown reason: String) {
    switch form {
    case .storage: self = .storage(StorageState(unknown: reason))
    case .manager: self = .manager(ManagerState(unknown: reason))
    case .verdict: self = .verdict(Verdict(unknown: reason))
    }
  }

  package var form: Form {
    switch self {
    case .storage: .storage
    case .manager: .manager
    case .verdict: .verdict
    }
  }

  /// Why the belief is unknown or incomplete; nil if it is complete.
  package var unknown: String? {
    switch self {
    case .storage(let state): state.unknown
    case .manager(let state): state.unknown
    case .verdict(let verdict): verdict.unknown
    }
  }

  /// Why the platform isn't healthy according to this belief; nil if it is healthy.
  ///
  /// - Parameter before: the belief when the platform was healthy. Every object in it must still be present.
  package func unwell(since before: Belief? = nil) -> String? {
    switch self {
    case .storage(let state):
      if state.isWhole { return nil }
      return state.unknown
        ?? "\(state.bricksOnline) of \(state.bricks) bricks, \(state.peersConnected) of \(state.peers) peers, "
        + "\(state.healBacklog) to heal, \(state.splitBrain) in split-brain"
    case .manager(let state):
      if let unknown = state.unknown { return unknown }
      let earlier: ManagerState? = if case .manager(let earlier)? = before { earlier } else { nil }
      let complaints = state.complaints(since: earlier)
      return complaints.isEmpty ? nil : complaints.joined(separator: ", ")
    case .verdict(let verdict): return verdict.unknown ?? (verdict.isWell ? nil : verdict.words)
    }
  }

  /// The age of the data behind it; nil if it isn't known. See `Verdict.age`.
  package var age: Nanoseconds? { if case .verdict(let verdict) = self { verdict.age } else { nil } }

  /// Whether it differs from another one at most in the age of its data.
  package func hasContent(of other: Belief?) -> Bool {
    guard case .verdict(let verdict) = self, case .verdict(var earlier)? = other else { return self == other }
    earlier.age = verdict.age
    return verdict == earlier
  }

  /// Whether an earlier record stays right: only the age of the data differs, and by no more than a second or a quarter.
  /// Younger data are no reason for a record, since an age grows and shrinks with each measurement.
  package func isRecorded(by earlier: Belief?) -> Bool {
    guard hasContent(of: earlier) else { return false }
    guard let age else { return true }
    guard let recorded = earlier?.age else { return false }
    return age <= recorded + max(.seconds(1), recorded / 4)
  }

  /// One line for display.
  package var summary: String {
    switch self {
    case .storage(let state):
      return state.unknown
        ?? "\(state.bricksOnline)/\(state.bricks) bricks, \(state.peersConnected)/\(state.peers) peers, "
        + "\(state.healBacklog) to heal"
    case .manager(let state):
      let nodes = state.nodes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      let resources = state.resources.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      return state.unknown ?? (nodes + resources).joined(separator: ", ")
    case .verdict(let verdict): return verdict.unknown ?? verdict.words
    }
  }
}

extension Belief: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Form.self)
    switch container.allKeys.first {
    case .storage: self = .storage(try container.decode(StorageState.self, forKey: .storage))
    case .manager: self = .manager(try container.decode(ManagerState.self, forKey: .manager))
    case .verdict: self = .verdict(try container.decode(Verdict.self, forKey: .verdict))
    case nil:
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath, debugDescription: "this version doesn't have this form of belief"))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Form.self)
    switch self {
    case .storage(let state): try container.encode(state, forKey: .storage)
    case .manager(let state): try container.encode(state, forKey: .manager)
    case .verdict(let verdict): try container.encode(verdict, forKey: .verdict)
    }
  }
}
