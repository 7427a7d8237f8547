/// A family of metrics as OpenMetrics 1.0 text. See https://github.com/prometheus/OpenMetrics.
struct OpenMetricsFamily {
  let name: String
  let unit: String?
  let help: String
  var samples: [Sample] = []

  struct Sample {
    var labels: [(String, String)]
    var value: String
    /// In seconds since 1970; nil for a sample without a time.
    var time: Int?
  }

  var text: String {
    var text = "# TYPE \(name) gauge\n"
    if let unit { text += "# UNIT \(name) \(unit)\n" }
    text += "# HELP \(name) \(help)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
      text += "\(name){\(labels)} \(sample.value)\(sample.time.map { " \($0)" } ?? "")\n"
    }
    return text
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
