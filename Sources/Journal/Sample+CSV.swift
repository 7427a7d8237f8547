import Scenario

extension Sample {
  /// The first line of an export. Times are nanoseconds since the run began, and the times of a request's parts are
  /// nanoseconds since it was sent. The `samples.csv` of a run before format 5 has the columns up to the boot.
  package static let csvHeader =
    "trial,probe,sequence,scheduled,sent,completed,verdict,status,boot,resolved,connected,secured,first-byte"

  /// This sample as a line, without the line end. Commas, quotes and line breaks in words of the service (status, boot)
  /// are replaced by `_`.
  package var csv: String {
    let clean = { (text: String) in
      String(text.map { $0 == "," || $0 == "\"" || $0.isNewline ? "_" : $0 })
    }
    let number = { (time: Nanoseconds?) in time.map { String($0.count) } ?? "" }
    return "\(trial),\(probe),\(sequence),\(scheduled.count),\(number(sent)),"
      + "\(completed.count),\(verdict.rawValue),\(clean(status)),\(clean(boot ?? "")),"
      + "\(number(parts?.resolved)),\(number(parts?.connected)),\(number(parts?.secured)),\(number(parts?.firstByte))"
  }

  /// Reads a line, with or without the parts; nil if it is invalid.
  package init?(csv line: some StringProtocol) {
    var words = SharedWords()
    let bytes = Array(line.utf8)
    let sample = bytes.withUnsafeBufferPointer { Sample(csv: $0, sharing: &words) }
    guard let sample else { return nil }
    self = sample
  }

  /// Reads the bytes of a line. A run can have a million lines.
  init?(csv line: UnsafeBufferPointer<UInt8>, sharing words: inout SharedWords) {
    var fields = FieldsOfLine(line)
    guard let trial = fields.next().flatMap({ Int64(digits: $0) }).flatMap({ Int(exactly: $0) }),
      let probe = fields.next(), let sequence = fields.next().flatMap({ Int64(digits: $0) }),
      let scheduled = fields.next().flatMap({ Int64(digits: $0) }), let sent = fields.next(),
      let completed = fields.next().flatMap({ Int64(digits: $0) }),
      let verdict = fields.next().flatMap(Verdict.init(bytes:)), let status = fields.next(),
      let boot = fields.next()
    else { return nil }
    guard let parts = fields.parts() else { return nil }
    let sentAt = Int64(digits: sent)
    if !sent.isEmpty, sentAt == nil { return nil }
    self.init(
      trial: trial, probe: words.word(probe), sequence: sequence, scheduled: Nanoseconds(scheduled),
      sent: sentAt.map { Nanoseconds($0) }, completed: Nanoseconds(completed), verdict: verdict,
      status: words.word(status), boot: boot.isEmpty ? nil : words.word(boot),
      parts: parts.isEmpty ? nil : parts)
  }
}

extension RequestParts {
  fileprivate var isEmpty: Bool { self == RequestParts() }
}

private struct FieldsOfLine {
  private let line: UnsafeBufferPointer<UInt8>
  private var begin = 0
  private(set) var isAtEnd = false

  init(_ line: UnsafeBufferPointer<UInt8>) { self.line = line }

  mutating func next() -> Slice<UnsafeBufferPointer<UInt8>>? {
    if isAtEnd { return nil }
    let end = line[begin...].firstIndex(of: UInt8(ascii: ",")) ?? line.endIndex
    defer { begin = end + 1 }
    isAtEnd = end == line.endIndex
    return line[begin..<end]
  }

  /// The rest of the line: empty, or the parts of the request. Nil if it is invalid.
  mutating func parts() -> RequestParts? {
    var parts = RequestParts()
    if isAtEnd { return parts }
    for path in [\RequestParts.resolved, \.connected, \.secured, \.firstByte] {
      guard let field = next() else { return nil }
      if field.isEmpty { continue }
      guard let time = Int64(digits: field) else { return nil }
      parts[keyPath: path] = Nanoseconds(time)
    }
    return isAtEnd ? parts : nil
  }
}

extension Int64 {
  /// A decimal number with an optional sign, as `Int64.init(_: String)` reads it.
  fileprivate init?(digits: Slice<UnsafeBufferPointer<UInt8>>) {
    guard let first = digits.first else { return nil }
    let isNegative = first == UInt8(ascii: "-")
    let digits = isNegative || first == UInt8(ascii: "+") ? digits.dropFirst() : digits
    if digits.isEmpty { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let (tenfold, isTooMuch) = value.multipliedReportingOverflow(by: 10)
      let number = Int64(digit - UInt8(ascii: "0"))
      let (sum, isOver) =
        isNegative
        ? tenfold.subtractingReportingOverflow(number) : tenfold.addingReportingOverflow(number)
      if isTooMuch || isOver { return nil }
      value = sum
    }
    self = value
  }
}

extension Sample.Verdict {
  fileprivate init?(bytes: Slice<UnsafeBufferPointer<UInt8>>) {
    guard let verdict = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(bytes) }) else {
      return nil
    }
    self = verdict
  }
}
