/// What the team states of a drill and a run can't observe: its basis, its scope, and its people.
///
/// The fields are those that an auditor expects: see DORA's technical standard (EU) 2024/1774, article 25, ISO 22301:2019,
/// 8.5, and NIST SP 800-84.
package struct Drill: Codable, Equatable, Sendable {
  /// By the raw value of the field. Fields of a newer version are kept.
  private var stated: [String: [String]] = [:]

  package init() {}

  package init(from decoder: any Decoder) throws {
    stated = try decoder.singleValueContainer().decode([String: [String]].self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(stated)
  }

  /// A field's texts; empty if the team didn't state it.
  package subscript(field: Field) -> [String] {
    get { stated[field.rawValue] ?? [] }
    set { stated[field.rawValue] = newValue.isEmpty ? nil : newValue }
  }

  /// These fields, and those of `base` that are not stated here: a scenario's fields replace the fleet's.
  package func over(_ base: Drill?) -> Drill {
    var whole = self
    whole.stated.merge(base?.stated ?? [:]) { own, _ in own }
    return whole
  }

  package enum Section: String, CaseIterable, Sendable {
    case identification, basis, scope, people, conclusion
  }

  /// The fields, in the order of the evidence page.
  package enum Field: String, CaseIterable, Sendable {
    case number, revision, owner, confidentiality, kind, announcement, window
    case service, criticality, limits, plan, trigger, previous
    case inScope = "in-scope"
    case outOfScope = "out-of-scope"
    case differences, expected, abort, approval
    case lead
    case onDuty = "on-duty"
    case observers, notified, reviewer
    case notShown = "not-shown"
    case decision
    case nextDue = "next-due"

    package var section: Section {
      switch self {
      case .number, .revision, .owner, .confidentiality, .kind, .announcement, .window: .identification
      case .service, .criticality, .limits, .plan, .trigger, .previous: .basis
      case .inScope, .outOfScope, .differences, .expected, .abort, .approval: .scope
      case .lead, .onDuty, .observers, .notified, .reviewer: .people
      case .notShown, .decision, .nextDue: .conclusion
      }
    }

    /// For the schema, and for the evidence page.
    package var summary: String {
      switch self {
      case .number: "the drill's number"
      case .revision: "the revision of this description"
      case .owner: "the owner of the drill"
      case .confidentiality: "who may read the report"
      case .kind: "lab, pre-production or production"
      case .announcement: "announced or unannounced"
      case .window: "the planned time, with its zone"
      case .service: "the service under test"
      case .criticality: "how critical the service is"
      case .limits: "who set the objectives' limits, and why"
      case .plan: "the plan or runbook under test, with its version"
      case .trigger: "what caused the drill: a schedule, a change, a finding"
      case .previous: "the previous run"
      case .inScope: "what is under test"
      case .outOfScope: "what is not"
      case .differences: "how the platform under test differs from production"
      case .expected: "the outcome that was expected before the run"
      case .abort: "when people abort the run, beside the scenario's guards"
      case .approval: "who approved the drill"
      case .lead: "who leads the drill"
      case .onDuty: "who is on duty"
      case .observers: "who observes"
      case .notified: "who was notified before"
      case .reviewer: "who reviews the report"
      case .notShown: "what the drill does not show"
      case .decision: "the decision that the report is for"
      case .nextDue: "when the next drill is due"
      }
    }

    /// The only words that the field may have; nil for any text.
    package var words: [String]? {
      switch self {
      case .kind: ["lab", "pre-production", "production"]
      case .announcement: ["announced", "unannounced"]
      default: nil
      }
    }
  }
}
