import FoundationEssentials
import Journal
import Scenario

/// Prometheus's view: the value of an expression. A series is unhealthy if its value meets the threshold.
package struct Prometheus: ViewKind {
  package let key = "prometheus"
  package let summary = "Prometheus's view, by its URL: the value of 'query'"
  package let parameter: ViewParameter? = ViewParameter(
    name: "url", summary: "its URL", form: .httpURL, isRequired: true)
  package let further = [
    ViewParameter(
      name: "query", summary: "the expression: its value is a scalar or an instant vector", form: .text,
      isRequired: true),
    ViewParameter(
      name: "unwell", summary: "values that are unhealthy, such as '> 0.5' or '== 0'; without it, none is",
      form: .text),
  ]
  package let form = Belief.Form.verdict
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    guard let query = spec.text("query"), !query.isEmpty else {
      throw ViewRefused("prometheus: 'query' is missing: the expression whose value is the view")
    }
    _ = try Threshold(of: spec)
    return .get(try base(spec) + "/api/v1/query?query=" + Self.escaped(Self.withAges(query)))
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    let text = answers.first?.text ?? ""
    do {
      let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
      if let error = answer.error { return Belief(form, unknown: "prometheus: \(error)") }
      guard let series = answer.data?.series else {
        let found = answer.data?.resultType ?? "nothing"
        return Belief(
          form, unknown: "prometheus: 'query' gives a \(found), not a scalar or an instant vector")
      }
      let threshold = try Threshold(of: spec)
      var words: [String] = []
      var complaints: [Verdict.Complaint] = []
      let ages = Dictionary(
        series.filter(\.isAge).map { ($0.labelsOfData, Nanoseconds(age: $0.value)) }, uniquingKeysWith: { $1 }
      )
      var (agesOfComplaints, agesOfAll): ([Nanoseconds?], [Nanoseconds?]) = ([], [])
      for item in series.filter({ !$0.isAge }).sorted(by: { $0.name < $1.name }) {
        let age = ages[item.labelsOfData] ?? nil
        agesOfAll.append(age)
        if threshold != nil, item.value.isNaN {
          let name = item.name.isEmpty ? "the value" : item.name
          return Belief(form, unknown: "prometheus: \(name) is NaN, so 'unwell' can't be applied")
        }
        words.append(item.name.isEmpty ? item.text : "\(item.name) \(item.text)")
        if threshold?.isPassed(by: item.value) ?? false {
          let name = (item.name.isEmpty ? "" : item.name + " ") + item.text
          complaints.append(Verdict.Complaint(name: name, labels: item.labels))
          agesOfComplaints.append(age)
        }
      }
      return .verdict(
        Verdict(
          words: words.isEmpty ? "no series" : words.joined(separator: ", "), complaints: complaints,
          age: Verdict.age(complaints: agesOfComplaints, all: agesOfAll)))
    } catch {
      return Belief(form, unknown: "prometheus: not understood: \(text.prefix(120))")
    }
  }

  /// The label of the series that have the ages.
  fileprivate static let ageLabel = "murphy_age"

  /// The expression with the age of each of its series, evaluated at the same time by Prometheus's clock. Only a selector of
  /// series has ages: timestamp() of every other expression is the time of its evaluation. Prometheus shows a sample for 5 min
  /// after its last scrape.
  private static func withAges(_ query: String) -> String {
    guard isSelector(query) else { return query }
    return "\(query) or label_replace(time() - timestamp(\(query)), \"\(ageLabel)\", \"s\", \"\", \"\")"
  }

  /// Whether an expression is surely a selector of one metric: `up`, or `up{job="node"}`.
  private static func isSelector(_ query: String) -> Bool {
    let name = query.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_:".contains($0)) }
    guard let first = name.first, !first.isNumber, !["inf", "nan"].contains(name.lowercased()) else {
      return false
    }
    var matchers = query.dropFirst(name.count)
    if matchers.isEmpty { return true }
    guard matchers.first == "{", matchers.last == "}", !matchers.contains("__name__"),
      !matchers.contains(where: { $0.isNewline || $0 == "\\" || $0 == "'" || $0 == "`" })
    else { return false }
    matchers = matchers.dropFirst().dropLast()
    // Braces may only be in the values, which are every second part between quotes.
    let parts = matchers.split(separator: "\"", omittingEmptySubsequences: false)
    return parts.count % 2 == 1
      && !parts.enumerated().contains { $0.offset % 2 == 0 && $0.element.contains { "{}#".contains($0) } }
  }

  /// Percent-encoded for a value in a query, RFC 3986.
  private static func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { result, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}

/// The response of `/api/v1/query`.
private struct Answer: Decodable {
  var error: String?
  var data: Result?

  struct Result: Decodable {
    var resultType: String
    /// Nil for a result of another type.
    var series: [Series]?

    private enum Key: String, CodingKey { case resultType, result }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      resultType = try container.decode(String.self, forKey: .resultType)
      switch resultType {
      case "vector":
        series = try container.decode([Element].self, forKey: .result).map {
          Series(labels: $0.metric, sample: $0.value)
        }
      case "scalar": series = [Series(labels: [:], sample: try container.decode(Pair.self, forKey: .result))]
      default: series = nil
      }
    }
  }

  struct Element: Decodable {
    var metric: [String: String]
    var value: Pair
  }

  /// `[1700000000.1, "0.5"]`: the value is a string, since JSON has no NaN or infinity.
  struct Pair: Decodable {
    var text: String
    var value: Double

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      _ = try container.decode(Double.self)
      text = try container.decode(String.self)
      let words = ["+Inf": Double.infinity, "-Inf": -Double.infinity, "NaN": Double.nan]
      guard let number = words[text] ?? Double(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number: \(text)")
      }
      value = number
    }
  }

  struct Series {
    var labels: [String: String]
    var text: String
    var value: Double

    init(labels: [String: String], sample: Pair) {
      self.labels = labels
      text = sample.text
      value = sample.value
    }

    /// Whether it is the age of another series.
    var isAge: Bool { labels[Prometheus.ageLabel] != nil && labels["__name__"] == nil }

    /// The labels that a series has in common with its age.
    var labelsOfData: [String: String] {
      labels.filter { $0.key != "__name__" && $0.key != Prometheus.ageLabel }
    }

    /// In Prometheus's notation of a series: `up{instance="falco:9100"}`.
    var name: String {
      let rest = labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }.map {
        "\($0.key)=\"\($0.value)\""
      }
      return (labels["__name__"] ?? "") + (rest.isEmpty ? "" : "{\(rest.joined(separator: ","))}")
    }
  }
}
