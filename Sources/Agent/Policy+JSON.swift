import Faults
import Scenario

extension Policy {
  /// The keys that don't name a kind of resource.
  private enum Key: String, CaseIterable {
    case faults
    /// Commands of views. The key is newer than the others, so it may be missing.
    case commands
    /// Files whose records may be read. This key is newer, too, so it may be missing.
    case files
    case longestLease = "longest-lease"
    /// The faults that may leave damage.
    case damage
    /// Ignored; JSON has no comments.
    case comment
    /// The version of the file's format. A new kind of restriction needs a new version, so that an older agent refuses
    /// the file instead of ignoring the restriction.
    case version

    var isRequired: Bool { self == .faults || self == .longestLease }
  }

  private static let known = Key.allCases.map(\.rawValue) + Resource.Kind.allCases.map(\.policyKey)
  private static let required =
    Key.allCases.filter(\.isRequired).map(\.rawValue)
    + Resource.Kind.allCases.filter(\.isInEveryPolicy).map(\.policyKey)

  /// Reads a policy. `file` names it in messages.
  ///
  /// Every key only allows things, so an unknown key can't make a policy more permissive. A newer policy, with kinds of
  /// resources that this version doesn't have, works here. An older policy, without the key of a kind, refuses only the
  /// faults of that kind. An unknown key that may be a misspelling of a known key, or a restriction, refuses the faults
  /// that it may concern.
  ///
  /// - Throws: `PolicyRefused` with all errors.
  package init(_ bytes: [UInt8], file: String) throws(PolicyRefused) {
    var reader = try PolicyReader(bytes, file: file)
    let faults = reader.names(Key.faults.rawValue)
    var allowed: [Resource.Kind: [String]] = [:]
    for kind in Resource.Kind.allCases { allowed[kind] = reader.names(kind.policyKey) }
    let damage = reader.names(Key.damage.rawValue) ?? []
    let commands = reader.names(Key.commands.rawValue)
    let files = reader.names(Key.files.rawValue)
    let longestLease = reader.span(Key.longestLease.rawValue, atMost: Self.longest)
    if let version = reader.entries[Key.version.rawValue], version.value != .number(1) {
      reader.refuse(
        version, .version,
        "this version of Murphy reads version 1 of the policy file: install a newer murphy-agent")
    }
    let missing = Self.required.filter { reader.entries[$0] == nil }
    var unexplained = Set(missing)
    var doubts: [Resource.Kind: String] = [:]
    for entry in reader.unknown(Self.known) {
      let name = entry.name.lowercased()
      let words = name.split { !$0.isLetter }
      if let meant = Nearest.name(to: name, among: missing) {
        unexplained.remove(meant)
        reader.refuse(
          entry, .unknownKey,
          "unknown key '\(entry.shown)', and '\(meant)' is missing: did you mean '\(meant)'?")
        continue
      }
      let known = Nearest.name(to: name, among: Self.known) ?? ""
      let advice = "correct or delete it; known keys are \(Nearest.list(Self.known))"
      if let kind = Resource.Kind.allCases.first(where: {
        name.contains($0.rawValue) || known.hasPrefix($0.rawValue)
      }) {
        doubts[kind] = reader.line(
          entry,
          "unknown key '\(entry.shown)' may restrict \(kind.rawValue)s, so none may be touched: \(advice)")
      } else if [Key.comment, .commands, .files].map(\.rawValue).contains(known) {
        // Without this key the policy allows less, so the key can be ignored.
        reader.warn(entry, "unknown key '\(entry.shown)' is ignored: did you mean '\(known)'?")
      } else if !known.isEmpty || words.contains(where: Self.restricts) {
        reader.refuse(
          entry, .unknownKey,
          "unknown key '\(entry.shown)' may restrict any fault, so this host allows none: \(advice)")
      } else {
        reader.warn(entry, "unknown key '\(entry.shown)' is ignored: no fault of this version needs it")
      }
    }
    for name in unexplained.sorted() { reader.refuseMissing(name) }
    for fault in (faults ?? []) + damage
    where !Catalogue.builtIn.descriptions.contains(where: { Self.matches(fault, $0.name) }) {
      let hint = Nearest.hint(fault, among: Catalogue.builtIn.descriptions.map(\.name))
      reader.warn(reader.entries[Key.faults.rawValue], "'\(fault)' is not a fault of this version\(hint)")
    }
    guard reader.refusals.isEmpty, let faults, let longestLease else {
      throw PolicyRefused(reader.refusals)
    }
    self.init(
      faults: faults, allowed: allowed, damage: damage, commands: commands ?? [], files: files ?? [],
      longestLease: longestLease, warnings: reader.warnings + doubts.values.sorted(), doubts: doubts)
  }

  /// Whether a word of a key suggests a restriction of other keys.
  private static func restricts(_ word: Substring) -> Bool {
    ["never", "no", "not", "only"].contains(word)
      || ["block", "deny", "denied", "except", "exclu", "fault", "forbid", "lease", "protect"].contains {
        word.hasPrefix($0)
      }
  }
}

/// The members of a policy's text, and their errors.
private struct PolicyReader {
  let file: String
  private(set) var entries: [String: JSONText.Member] = [:]
  private(set) var refusals: [PolicyRefused.Finding] = []
  private(set) var warnings: [String] = []

  init(_ bytes: [UInt8], file: String) throws(PolicyRefused) {
    self.file = file
    let members: [JSONText.Member]
    do throws(JSONText.Malformed) {
      members = try JSONText.members(of: bytes)
    } catch {
      throw PolicyRefused(.syntax, line: error.line, "\(file):\(error.line): \(error.reason)")
    }
    for member in members {
      if let earlier = entries.updateValue(member, forKey: member.name) {
        refuse(
          member, .duplicateKey, "duplicate key '\(member.shown)': it is in line \(earlier.line) already")
      }
    }
  }

  func unknown(_ known: [String]) -> [JSONText.Member] {
    entries.values.filter { !known.contains($0.name) }.sorted { ($0.line, $0.name) < ($1.line, $1.name) }
  }

  mutating func names(_ key: String) -> [String]? {
    guard let entry = entries[key] else { return nil }
    guard case .texts(let names) = entry.value else {
      refuse(entry, .value, #"'\#(key)' must be a list of texts, such as ["eth0", "eth1"] or ["*"]"#)
      return nil
    }
    for name in names where name.dropLast().contains("*") {
      warn(entry, "\(key): in '\(name)' only a '*' at the end matches any rest")
    }
    return names
  }

  mutating func span(_ key: String, atMost longest: Nanoseconds) -> Nanoseconds? {
    guard let entry = entries[key] else { return nil }
    if case .text(let text) = entry.value, let span = Nanoseconds(text), span > .zero, span <= longest {
      return span
    }
    refuse(entry, .value, "'\(key)' must be a text such as \"10m\", more than zero and at most \(longest)")
    return nil
  }

  func line(_ entry: JSONText.Member, _ words: String) -> String { "\(file):\(entry.line): \(words)" }
  mutating func refuse(_ entry: JSONText.Member, _ kind: PolicyRefused.Kind, _ words: String) {
    refusals.append(.init(kind: kind, line: entry.line, text: line(entry, words)))
  }
  mutating func refuseMissing(_ key: String) {
    refusals.append(.init(kind: .missingKey, text: "\(file): '\(key)' is missing: every policy needs it"))
  }
  mutating func warn(_ entry: JSONText.Member?, _ words: String) {
    if let entry { warnings.append(line(entry, words)) }
  }
}

extension JSONText.Member {
  /// The name for messages, without control characters for a terminal.
  fileprivate var shown: String {
    String(name.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 32 ? Character($0) : "?" })
  }
}
