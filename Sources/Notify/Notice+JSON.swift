import FoundationEssentials
import Scenario
import Schedule

extension Notice {
  /// The notice for programs. Times are in RFC 3339, and keys without a value are left out.
  var json: JSONValue {
    .object(
      fields.mapValues { .string($0) }.merging(exitCode.map { ["exitCode": .integer(Int64($0))] } ?? [:]) {
        $1
      })
  }

  /// The same as variables of an environment.
  var variables: [String: String] {
    var found: [String: String] = [:]
    for (key, value) in fields { found["MURPHY_" + key.uppercased()] = value }
    if let exitCode { found["MURPHY_EXIT_CODE"] = "\(exitCode)" }
    return found
  }

  private var fields: [String: String] {
    var fields = [
      "id": id, "event": event.rawValue, "line": line, "schedule": schedule, "scenario": scenario,
      "fleet": fleet, "occasion": occasion, "at": Self.text(at),
    ]
    fields["planned"] = planned.map(Self.text)
    fields["began"] = began.map(Self.text)
    fields["run"] = run
    return fields
  }

  /// `2026-12-01T09:25:00Z`.
  static func text(_ instant: Int) -> String {
    Date(timeIntervalSince1970: Double(instant)).formatted(.iso8601)
  }
}
