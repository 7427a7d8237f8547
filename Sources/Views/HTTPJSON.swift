import FoundationEssentials
import Journal
import Scenario

/// The view of any program with an HTTP endpoint that answers in JSON: the value of one field.
package struct HTTPJSON: ViewKind {
  package let key = "http-json"
  package let summary = "a program's view, by the URL of its JSON: the value of 'field'"
  package let parameter: ViewParameter? = ViewParameter(
    name: "url", summary: "its URL", form: .httpURL, isRequired: true)
  package let further = [
    ViewParameter(
      name: "field", summary: "the place of the value, as a JSON Pointer (RFC 6901): /status/health",
      form: .text, isRequired: true),
    ViewParameter(
      name: "equals",
      summary: "the healthy value, such as green, true or 3; without it, any value is healthy",
      form: .text),
    ViewParameter(
      name: "unwell", summary: "unhealthy values, such as '> 0.5' or '== 0'; none if missing", form: .text),
    ViewParameter(
      name: "statuses",
      summary:
        "the HTTP statuses whose bodies are read, such as [200, 503] for an endpoint that answers 503 while it is "
        + "unhealthy; every other status is unknown. 200 if missing",
      form: .numbers(100...599, "an HTTP status")),
  ]
  package let form = Belief.Form.verdict
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    guard let url = spec.text("url"), url.hasPrefix("http://") else {
      throw ViewRefused("http-json: expected a URL such as http://10.77.2.101:9200/_cluster/health")
    }
    guard Self.steps(spec.text("field") ?? "") != nil else {
      throw ViewRefused("http-json: 'field' must be a JSON Pointer such as /status/health (RFC 6901)")
    }
    _ = try Threshold(of: spec)
    let statuses = spec.numbers("statuses")
    return .get(url, accepting: statuses.isEmpty ? [200] : Set(statuses))
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    let text = answers.first?.text ?? ""
    guard let answer = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else {
      return Belief(form, unknown: "http-json: not understood: \(text.prefix(120))")
    }
    let field = spec.text("field") ?? ""
    guard let value = Self.steps(field)?.reduce(answer, { $0?[$1] }), let words = value.scalar else {
      return Belief(form, unknown: "http-json: the answer has no text, number or truth value at \(field)")
    }
    do throws(ViewRefused) {
      var isWell = spec.text("equals").map { $0 == words } ?? true
      if let threshold = try Threshold(of: spec) {
        guard let number = Double(words), number.isFinite else {
          return Belief(form, unknown: "http-json: '\(words)' is not a number, so 'unwell' can't be applied")
        }
        isWell = isWell && !threshold.isPassed(by: number)
      }
      let endpoint = (spec.text("url") ?? "").dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" }
      let complaint = Verdict.Complaint(name: "\(field) is \(words)", labels: ["instance": String(endpoint)])
      return .verdict(Verdict(words: words, complaints: isWell ? [] : [complaint]))
    } catch {
      return Belief(form, unknown: "\(error)")
    }
  }

  /// The keys of a JSON Pointer; nil if the text isn't one.
  private static func steps(_ pointer: String) -> [String]? {
    guard pointer.hasPrefix("/") else { return nil }
    return pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      String($0).replacing("~1", with: "/").replacing("~0", with: "~")
    }
  }
}

extension JSONValue {
  /// The member of an object, or the element of an array.
  fileprivate subscript(step: String) -> JSONValue? {
    switch self {
    case .object(let members): members[step]
    case .array(let elements): Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
    case .null, .bool, .integer, .number, .string: nil
    }
  }

  /// The words of a value that isn't composed of others.
  fileprivate var scalar: String? {
    switch self {
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .null, .array, .object: nil
    }
  }
}
