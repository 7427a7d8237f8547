import Journal
import Scenario

/// An SNMP agent's view: the value of one object, which net-snmp's snmpget(1) reads.
///
/// Its output options make the answer independent of MIBs and locale: it is only a value, with times in hundredths of
/// a second and enumerations as numbers. A string is quoted, so words without quotes are an agent's refusal.
package struct SNMP: ViewKind {
  package let key = "snmp"
  package let summary = "an SNMP agent's view, by its address: the value of 'oid'"
  package let parameter: ViewParameter? = ViewParameter(
    name: "agent", summary: "its address, with a port; 161 by default", form: .text, isRequired: true)
  package let further = [
    ViewParameter(
      name: "oid", summary: "the object, as numbers: 1.3.6.1.2.1.1.3.0", form: .text, isRequired: true),
    ViewParameter(
      name: "community",
      summary: "the community, for version 2c; if missing, snmp.conf(5) has version and credentials",
      form: .text),
    ViewParameter(
      name: "unwell", summary: "unhealthy values, such as '> 0.5' or '== 0'; none if missing",
      form: .text),
  ]
  package let form = Belief.Form.verdict
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    let agent = spec.text("agent") ?? ""
    // The address must not be an option of snmpget, nor another transport of net-snmp than IP.
    guard let first = agent.first, first.isLetter || first.isNumber || first == "[",
      agent.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".:[]-".contains($0)) })
    else { throw ViewRefused("snmp: expected an address, with or without a port, such as 10.77.2.11:161") }
    let oid = spec.text("oid") ?? ""
    guard oid.contains("."),
      oid.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({
        UInt32($0) != nil
      })
    else { throw ViewRefused("snmp: 'oid' must be numbers and dots, such as 1.3.6.1.2.1.1.3.0") }
    _ = try Threshold(of: spec)
    let credentials = spec.text("community").map { ["-v", "2c", "-c", $0] } ?? []
    if spec.text("community")?.contains("\0") ?? false { throw ViewRefused("snmp: a NUL character") }
    return .command(
      ["snmpget", "-m", ""] + credentials + ["-t", "1", "-r", "1", "-Oqvte", agent, oid], within: .seconds(5))
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard let answer = answers.first, answer.failure == nil, let code = answer.exitCode else {
      return Belief(form, unknown: "snmp: \(answers.first?.failure ?? "no answer")")
    }
    let agent = spec.text("agent") ?? ""
    // snmpget writes the reason to stderr only: no answer, or wrong credentials.
    if code != 0 { return Belief(form, unknown: "snmp: no value from \(agent) (exit code \(code))") }
    let line = (answer.text.split(whereSeparator: \.isNewline).first ?? "").prefix(200)
    let isQuoted = line.count >= 2 && line.hasPrefix("\"") && line.hasSuffix("\"")
    guard !line.isEmpty, isQuoted || !line.contains(" ") else {
      return Belief(form, unknown: "snmp: \(line.isEmpty ? "an empty answer" : String(line))")
    }
    let value = isQuoted ? line.dropFirst().dropLast() : line
    do throws(ViewRefused) {
      guard let threshold = try Threshold(of: spec) else { return .verdict(Verdict(words: String(value))) }
      guard let number = Double(value), number.isFinite else {
        return Belief(form, unknown: "snmp: '\(value)' is not a number, so 'unwell' can't be applied")
      }
      let complaint = Verdict.Complaint(
        name: "\(spec.text("oid") ?? "") is \(value)", labels: ["instance": agent])
      return .verdict(
        Verdict(words: String(value), complaints: threshold.isPassed(by: number) ? [complaint] : []))
    } catch {
      return Belief(form, unknown: "\(error)")
    }
  }
}
