import Scenario

/// The required form of a scalar: one source for the parser and for the schema.
struct Form: Sendable {
  /// For messages: `a duration with its unit, such as 90s`.
  var expected: String
  /// The same in JSON Schema.
  var schema: JSON
  /// The error in a scalar; nil if there is none.
  var complaint: @Sendable (Scalar) -> Complaint?

  struct Complaint {
    var message: String
    var kind = Diagnostic.Kind.value
    /// The place of the error, in Unicode scalars from the scalar's start.
    var offset = 0
  }
}

extension Form {
  /// A text that YAML reads as a text, checked further by `problem`.
  static func text(
    _ expected: String, schema: [String: JSON] = [:], problem: @escaping @Sendable (String) -> String?
  ) -> Form {
    var members = schema
    members["type"] = "string"
    return Form(expected: expected, schema: .object(members)) { scalar in
      switch scalar.reading {
      case .text: problem(scalar.text).map { Complaint(message: $0) }
      case .null: Complaint(message: "expected \(expected), found nothing", kind: .missing)
      case .flag, .integer, .fraction, .trap:
        Complaint(
          message:
            "expected \(expected), found \(scalar.reading.described(scalar.text)): write \"\(scalar.text)\"",
          kind: .type)
      }
    }
  }

  /// A non-empty line of text.
  static let line = text("a text", schema: ["minLength": 1]) { text in
    if text.isEmpty { return "expected a text, found an empty text" }
    return text.contains(where: \.isNewline) ? "expected one line of text" : nil
  }

  /// A name chosen in the file: `web`, `kvm_3`, `web.example.org`. No space, since conditions consist of words. No
  /// character with a meaning in YAML, a shell or a path. No leading `-`, which a command would treat as an option.
  static let name = text("a name", schema: ["pattern": .text(namePattern)], problem: problem(ofName:))

  static let namePattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$"

  static func problem(ofName text: String) -> String? { problem(ofName: text, atMost: 63) }

  /// A host's name; it may be a fully qualified DNS name.
  static let hostName = text(
    "a host's name", schema: ["pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$"]
  ) { problem(ofName: $0, atMost: 253) }

  /// A scenario's name. It is part of the name of each run's folder, where a dot would begin a file extension.
  static let folderName = text("a name", schema: ["pattern": "^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$"]) {
    problem(ofName: $0, atMost: 63, marks: "-_")
  }

  static func problem(ofName text: String, atMost longest: Int, marks: String = "-_.") -> String? {
    if text.isEmpty { return "a name can't be empty" }
    let length = text.unicodeScalars.count
    if length > longest { return "a name has at most \(longest) characters, this one has \(length)" }
    if let first = text.first, "-.".contains(first) {
      return "'\(text.clipped)': a name begins with a letter, a digit or '_', not with '\(first)'"
    }
    func isAllowed(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber) || marks.contains(character)
    }
    guard let strange = text.first(where: { !isAllowed($0) }) else { return nil }
    let hyphenated = String(text.map { isAllowed($0) ? $0 : "-" })
    let isMeant = problem(ofName: hyphenated, atMost: longest, marks: marks) == nil
    let allowed = Nearest.list(["letters", "digits"] + marks.map { "'\($0)'" })
    return "'\(text.clipped)': a name consists of \(allowed); found '\(strange)'"
      + (isMeant ? "; did you mean '\(hyphenated)'?" : "")
  }

  /// One of a list of words.
  static func word(_ words: [String]) -> Form {
    Form(
      expected: words.count > 12 ? "a known word" : Nearest.list(words), schema: ["enum": .texts(words)]
    ) { scalar in
      if scalar.reading == .null {
        return Complaint(message: "expected \(Nearest.list(words)), found nothing", kind: .missing)
      }
      if words.contains(scalar.text) { return nil }
      return Complaint(
        message: "unknown '\(scalar.text.clipped)'" + Nearest.hint(scalar.text, among: words), kind: .unknown)
    }
  }

  static let flag = Form(expected: "true or false", schema: ["type": "boolean"]) { scalar in
    if scalar.isPlain, ["true", "false"].contains(scalar.text) { return nil }
    return Complaint(
      message: "expected true or false, found \(scalar.reading.described(scalar.text))", kind: .type)
  }

  /// A whole decimal number in a range.
  static func integer(_ range: ClosedRange<Int>, _ what: String = "a whole number") -> Form {
    var schema: [String: JSON] = ["type": "integer", "minimum": .integer(range.lowerBound)]
    var bounds = " from \(range.lowerBound)"
    if range.upperBound != .max {
      schema["maximum"] = .integer(range.upperBound)
      bounds += " to \(range.upperBound)"
    }
    let expected = what + bounds
    return Form(expected: expected, schema: .object(schema)) { scalar in
      guard scalar.reading == .integer, let number = Int(scalar.text) else {
        let unquote = !scalar.isPlain && Int(scalar.text) != nil ? ": remove the quotes" : ""
        return Complaint(
          message: "expected \(expected), found \(scalar.reading.described(scalar.text))\(unquote)",
          kind: .type)
      }
      return range.contains(number) ? nil : Complaint(message: "expected \(expected), found \(number)")
    }
  }

  /// A port number.
  static let port = integer(1...65535, "a port")

  /// An absolute path, but not that of the root folder: nothing that Murphy reads or breaks is there.
  static let path = text("a path", schema: ["pattern": "^/.*[^/.]"]) { text in
    if text.hasPrefix("~") {
      return "'\(text.clipped)': '~' isn't expanded here; write an absolute path"
    }
    guard text.hasPrefix("/") else {
      return "expected an absolute path, such as '/etc/murphy', found '\(text.clipped)'"
    }
    return text.allSatisfy { $0 == "/" || $0 == "." }
      ? "'\(text.clipped)' is the root folder: name a file or folder in it, such as '/etc/murphy'" : nil
  }

  /// A number or a word, for lists of tickets.
  static let label = Form(
    expected: "a word or a number", schema: ["type": ["string", "integer"], "minLength": 1]
  ) { scalar in
    switch scalar.reading {
    case .text where !scalar.text.isEmpty, .integer: nil
    case .text: Complaint(message: "expected a word or a number, found an empty text")
    default:
      Complaint(
        message: "expected a word or a number, found \(scalar.reading.described(scalar.text))", kind: .type)
    }
  }
}
