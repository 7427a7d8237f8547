/// Parses a tool's output; throws if the tool reports a refusal in it.
func answer(_ text: String, from tool: String) throws(AnswerUnclear) -> XMLTree.Element {
  if text.isEmpty { throw AnswerUnclear(tool: tool, reason: "no answer in time") }
  guard let root = XMLTree(text)?.root else {
    throw AnswerUnclear(tool: tool, reason: "not understood: \(text.prefix(120))")
  }
  // Gluster reports refusals in its output.
  let code = root.text(of: "opRet")
  if !code.isEmpty, code != "0" {
    let reason = root.text(of: "opErrstr")
    throw AnswerUnclear(tool: tool, reason: reason.isEmpty ? "refused with \(code)" : reason)
  }
  if let status = root.children.first(where: { $0.name == "status" }), status.attribute("code") != "0" {
    let reason = status.all("error").first?.text ?? status.attribute("message")
    throw AnswerUnclear(tool: tool, reason: reason)
  }
  return root
}

struct AnswerUnclear: Error, CustomStringConvertible {
  var tool: String
  var reason: String
  var description: String { "\(tool): \(reason)" }
}
