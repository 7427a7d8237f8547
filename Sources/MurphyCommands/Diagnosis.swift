/// The findings of `murphy doctor`, as values; only `description` renders them.
struct Diagnosis: Encodable {
  var sections: [Section] = []

  enum Use: String, Encodable, CaseIterable { case controller, host, lab }

  struct Section: Encodable {
    var use: Use
    var findings: [Finding]
  }

  struct Finding: Encodable {
    var code: Code
    var state: State
    /// The object of the finding, if the code alone doesn't identify it: a fault, a lease, a domain.
    var object: String?
    /// The finding, and the next step.
    var detail: String?

    init(_ code: Code, _ state: State, _ object: String? = nil, detail: String? = nil) {
      self.code = code
      self.state = state
      self.object = object
      self.detail = detail
    }

    enum Code: String, Encodable {
      case ssh, ping, ipmitool, curl, bmc, agent, fault, policy, policyKey = "policy-key", hold, lease,
        domain, lab
    }

    enum State: String, Encodable {
      case ok
      /// It is missing, and this use needs it.
      case missing
      /// It is missing, and it isn't known to be needed.
      case unneeded
      /// It was not examined, so it may be missing.
      case untried
      /// A fault may still be active.
      case active
    }
  }

  /// 0; 1 if something is missing; 5 if a fault may still be active.
  var code: Stop.Code {
    let states = Set(sections.flatMap(\.findings).map(\.state))
    if states.contains(.active) { return .faultsActive }
    return states.isDisjoint(with: [.missing, .untried]) ? .allMet : .missed
  }

  private enum Key: String, CodingKey { case sections, exitCode = "exit-code" }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(sections, forKey: .sections)
    try container.encode(code.rawValue, forKey: .exitCode)
  }
}

extension Diagnosis: CustomStringConvertible {
  var description: String {
    let lines = sections.flatMap { ["as \($0.use.words)"] + $0.findings.map { "  \($0)" } }
    let isForSeveral = code == .missed && sections.count > 1
    return (lines + (isForSeveral ? [Self.oneUse] : [])).joined(separator: "\n")
  }

  private static var oneUse: String {
    "A machine needs only the requirements of its use. For one use: murphy doctor --as "
      + Use.allCases.map(\.rawValue).joined(separator: " | ")
  }
}

extension Diagnosis.Use {
  fileprivate var words: String {
    switch self {
    case .controller: "a controller"
    case .host: "a host of a fleet"
    case .lab: "the machine of a lab"
    }
  }
}

extension Diagnosis.Finding: CustomStringConvertible {
  var description: String {
    let subject = ([code.words] + (object.map { [$0] } ?? [])).joined(separator: " ")
    let state = state.words + String(repeating: " ", count: 9 - state.words.count)
    return state + subject + (detail.map { ": \($0)" } ?? "")
  }
}

extension Diagnosis.Finding.Code {
  fileprivate var words: String {
    switch self {
    case .policyKey: "policy"
    case .lab: "murphy lab up"
    default: rawValue
    }
  }
}

extension Diagnosis.Finding.State {
  fileprivate var words: String {
    switch self {
    case .ok: "ok"
    case .missing: "missing"
    case .unneeded: "not here"
    case .untried: "untried"
    case .active: "active"
    }
  }
}
