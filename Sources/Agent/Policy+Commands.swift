extension Policy {
  /// Whether a view may run this command here: `commands` has its text. A `*` at the end of an entry matches any rest.
  package func allows(command: [String]) -> Bool {
    let text = Self.text(of: command)
    return commands.contains { Self.matches($0, text) }
  }

  /// The text of a command in a policy: its words, quoted as for a shell, separated by one blank.
  ///
  /// The quotes ensure that different commands never have the same text.
  static func text(of command: [String]) -> String {
    command.map { word in
      let isPlain =
        !word.isEmpty
        && word.utf8.allSatisfy { byte in
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "@%+=:,./_-".utf8.contains(byte)
        }
      return isPlain
        ? word
        : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }.joined(separator: " ")
  }
}
