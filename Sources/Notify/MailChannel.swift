import Digest
import FoundationEssentials
import Linux
import Scenario
import Schedule

/// Mail, by the command line of sendmail(8), which every mail transfer agent has.
struct MailChannel: ChannelKind {
  let key = "mail"
  let summary = "addresses, to which sendmail sends a mail"
  let form = ChannelParameter.Form.mailboxes
  let further = [
    ChannelParameter(name: "from", summary: "the sender's address", form: .mailbox, isRequired: true),
    ChannelParameter(
      name: "sendmail", summary: "the program; /usr/sbin/sendmail if missing", form: .path),
  ]

  private static let timeout = Nanoseconds.seconds(30)

  func deliver(_ notice: Notice, to channel: Channel, now: Int) throws(Undelivered) -> String? {
    let to = channel.texts(key)
    let from = channel.text("from") ?? ""
    // -i: a line with only a dot doesn't end the message.
    return try run(
      [channel.text("sendmail") ?? "/usr/sbin/sendmail", "-i", "-f", from, "--"] + to,
      input: Data(Self.message(notice, from: from, to: to, now: now).utf8), within: Self.timeout)
  }

  /// The message (RFC 5322), with the line ends that sendmail expects.
  static func message(_ notice: Notice, from: String, to: [String], now: Int) -> String {
    let domain = from.split(separator: "@").last ?? "localhost"
    var lines = [
      "From: Murphy <\(from)>", "To: \(to.joined(separator: ",\n "))", "Subject: \(subject(notice.line))",
      "Date: \(date(now))", "Message-ID: <\(SHA256.hex(of: notice.id.utf8).prefix(32))@\(domain)>",
      "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: base64", "",
    ]
    let facts =
      [
        ("Event", notice.event.rawValue), ("Schedule", "\(notice.schedule), \(notice.occasion)"),
        ("Scenario", "\(notice.scenario) on \(notice.fleet)"),
      ]
      + [
        ("Planned", notice.planned.map(Notice.text)), ("Began", notice.began.map(Notice.text)),
        ("Run", notice.run), ("To acknowledge", notice.run.map { "murphy ack \($0)" }),
      ].compactMap { name, value in value.map { (name, $0) } }
    let text = ([notice.line, ""] + facts.map { "\($0): \($1)" }).joined(separator: "\r\n") + "\r\n"
    lines += wrapped(Data(text.utf8).base64EncodedString(), 76)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The text of a subject, in encoded words (RFC 2047) unless it is short ASCII.
  static func subject(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { (32...126).contains($0) } && !text.contains("=?")
    if isPlain, text.utf8.count <= 900 { return text }
    var words: [String] = []
    var part = ""
    for character in text.unicodeScalars.prefix(900) {
      // An encoded word has at most 75 characters, and no character is in two of them.
      if part.utf8.count + String(character).utf8.count > 45 {
        words.append(part)
        part = ""
      }
      part.unicodeScalars.append(character)
    }
    return (words + [part]).map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(
      separator: "\n ")
  }

  private static func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var rest = text[...]
    while !rest.isEmpty {
      lines.append(String(rest.prefix(width)))
      rest = rest.dropFirst(width)
    }
    return lines
  }

  /// `Tue, 01 Dec 2026 09:25:00 +0000`.
  static func date(_ instant: Int) -> String {
    let day = Zone.utc.day(of: instant)
    let parts = day.parts
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let second = instant - day.number * 86_400
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(day.weekday.name.prefix(3)), \(two(parts.day)) \(months[parts.month - 1]) \(parts.year) "
      + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) +0000"
  }
}
