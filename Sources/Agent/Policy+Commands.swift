extension Policy {
  /// Whether a view may run this command here: its text is in `commands`, where `*` at the end stands for any rest.
  package func allows(command: [String]) -> Bool {
    let text = Self.text(of: command)
    return commands.contains { Self.matches($0, text) }
  }

  /// A command as a policy names it: its words separated by one blank, each as a shell would be given it.
  ///
  /// Quotes keep two commands from having one text.
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
