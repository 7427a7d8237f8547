import Journal
import Scenario

/// The view of an SMS gateway: the messages that it has sent. The last text about each problem counts.
///
/// smsd(1) of smstools moves a message to its folder `sent` once the modem has accepted it, and adds the header `Sent`. See
/// http://smstools3.kekekasvi.com/index.php?p=fileformat. The first line of a text names a
/// problem. If it begins with `problem`, the problem is open; if it begins with `recovery`, the problem is closed.
package struct SMSGateway: ViewKind {
  package let key = "sms"
  package let summary =
    "an SMS gateway's view: the texts in the folder of smstools' sent messages"
  package let parameter: ViewParameter? = ViewParameter(
    name: "sent", summary: "the folder, such as /var/spool/sms/sent", form: .text, isRequired: true)
  package let further = [
    ViewParameter(
      name: "problem", summary: "the beginning of a problem's text; FIRING by default", form: .text),
    ViewParameter(
      name: "recovery", summary: "the beginning of a recovery's text; RESOLVED by default", form: .text),
  ]
  package let form = Belief.Form.verdict
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    guard let folder = spec.text("sent"), folder.hasPrefix("/"), !folder.contains("\0"),
      !folder.split(separator: "/").contains("..")
    else { throw ViewRefused("sms: expected the whole path of a folder, such as /var/spool/sms/sent") }
    if let empty = ["problem", "recovery"].first(where: { spec.text($0) == "" }) {
      throw ViewRefused("sms: '\(empty)' is empty")
    }
    // Each line of each file, after the file's name and a NUL.
    return .command(["grep", "-raZ", "", folder], within: .seconds(5))
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard let answer = answers.first, answer.failure == nil, let code = answer.exitCode else {
      return Belief(form, unknown: "sms: \(answers.first?.failure ?? "no answer")")
    }
    // 1: there is no line. 2: a file or the folder could not be read, for example since smsd moved a file meanwhile.
    guard code == 0 || code == 1 && answer.text.isEmpty else {
      return Belief(form, unknown: "sms: \(spec.text("sent") ?? "") can't be read (exit code \(code))")
    }
    var last: [String: (sent: Substring, isOpen: Bool, isDisputed: Bool)] = [:]
    for message in Message.all(in: answer.text).sorted(by: { ($0.sent, $0.file) < ($1.sent, $1.file) }) {
      for (word, isOpen) in [("problem", true), ("recovery", false)] {
        let start = spec.text(word) ?? (isOpen ? "FIRING" : "RESOLVED")
        guard message.text.hasPrefix(start) else { continue }
        let name = String(
          message.text.dropFirst(start.count).drop { $0.isWhitespace || $0 == ":" }.prefix(200))
        let key = name.isEmpty ? "a problem without a name" : name
        // smsd names its files at random, so the order of texts of one second isn't known.
        let before = last[key].flatMap { $0.sent == message.sent ? $0 : nil }
        let isDisputed = before.map { $0.isDisputed || $0.isOpen != isOpen } ?? false
        last[key] = (message.sent, isOpen, isDisputed)
        break
      }
    }
    last = last.filter { entry in !AlertNotification.own.contains { entry.key.hasPrefix($0) } }
    if let (name, text) = last.filter({ $0.value.isDisputed }).min(by: { $0.key < $1.key }) {
      return Belief(
        form, unknown: "sms: a problem and a recovery of '\(name)' were both sent at \(text.sent)")
    }
    let complaints = last.filter { $0.value.isOpen }.keys.sorted().map { name in
      // Every word of the text may name a host or a virtual machine.
      let words = name.split(separator: " ").enumerated().map {
        ("word \($0.offset + 1)", String($0.element))
      }
      return Verdict.Complaint(name: name, labels: Dictionary(uniqueKeysWithValues: words))
    }
    let words = complaints.map(\.name).joined(separator: ", ")
    return .verdict(
      Verdict(words: words.isEmpty ? "no problem was sent" : "sent: \(words)", complaints: complaints))
  }

  private struct Message {
    var file: Substring
    /// `26-11-27 09:16:06`, the gateway's local time: texts of one year sort by it.
    var sent: Substring = ""
    /// The first line after the headers.
    var text: Substring = ""
    private var isHeader = true

    init(file: Substring) { self.file = file }

    /// The messages in the output of grep(1).
    static func all(in output: String) -> [Message] {
      var messages: [Message] = []
      for line in output.split(separator: "\n") {
        guard let end = line.firstIndex(of: "\0") else { continue }
        let (file, content) = (line[..<end], line[line.index(after: end)...])
        if messages.last?.file != file { messages.append(Message(file: file)) }
        messages[messages.count - 1].take(content)
      }
      return messages
    }

    private mutating func take(_ line: Substring) {
      if isHeader {
        if line.isEmpty { isHeader = false }
        if line.hasPrefix("Sent: ") { sent = line.dropFirst(6) }
      } else if text.isEmpty {
        text = line
      }
    }
  }
}
