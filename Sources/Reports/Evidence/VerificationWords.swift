import Evidence

/// A verification in sentences, for the terminal and for the evidence page.
package struct VerificationWords {
  package let lines: [String]

  package init(_ verification: Verification) {
    var lines: [String] = []
    if let recorded = verification.recorded {
      let changed = recorded.filter { $0.state != .same }
      lines += changed.map { "\($0.name): \($0.state.rawValue) since the run recorded it" }
      if changed.isEmpty {
        lines.append(
          "\(recorded.map(\.name).joined(separator: ", ")): as the run recorded \(recorded.count == 1 ? "it" : "them")"
        )
      }
    } else {
      lines.append(
        "no \(EvidenceFolder.manifestName): the run was killed, or made by a version before 0.2, so no change of its "
          + "journal can be seen")
    }
    if let fault = verification.reviewFault { lines.append(fault) }
    for signed in verification.signed { lines.append("\(signed.file): \(Self.check(signed))") }
    if verification.signed.isEmpty { lines.append("no signature") }
    self.lines = lines
  }

  /// The state of a signature.
  static func check(_ signed: Verification.Signed) -> String {
    var parts: [String] = []
    let who = signed.statement.map { "\($0.role.rawValue) by \($0.name), \($0.at)" }
    switch signed.check {
    case .by(let identity): parts.append("signature of \(identity)")
    case .intact: parts.append("signature intact; whose key it is isn't known without --allowed-signers")
    case .wrong(let reason): parts.append("signature wrong: \(reason)")
    case .missing: parts.append("signature missing")
    case .withoutStatement: parts.append("removed; its signature is left, which shows nothing without it")
    }
    if let run = signed.otherRun { parts.append("for another run: \(run)") }
    parts += signed.differing.map { "\($0.name) \($0.state.rawValue) since" }
    if signed.differing.isEmpty, signed.statement != nil, signed.otherRun == nil {
      parts.append("no file changed since")
    }
    return (who.map { [$0] } ?? []).joined() + (who == nil ? "" : ": ") + parts.joined(separator: "; ")
  }
}
