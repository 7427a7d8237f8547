import ArgumentParser
import Scenario

/// A command that does not exist. ArgumentParser reports it as an unexpected argument, without a suggestion.
struct UnknownCommand: CustomStringConvertible {
  private let path: [String]
  private let word: String
  private let known: [String]

  /// nil if every command in the arguments exists.
  init?(_ arguments: some Collection<String>, of root: any ParsableCommand.Type) {
    var command = root
    var path = [Self.name(root)]
    for word in arguments {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty || word.hasPrefix("-") { return nil }
      if word == "help" { continue }
      guard let next = subcommands.first(where: { Self.name($0) == word }) else {
        self.path = path
        self.word = word
        known = subcommands.map(Self.name)
        return
      }
      command = next
      path.append(word)
    }
    return nil
  }

  private static func name(_ command: any ParsableCommand.Type) -> String {
    command._commandName
  }

  /// In the format of the parser's own errors.
  var description: String {
    let command = path.joined(separator: " ")
    return """
      Error: unknown command '\((path.dropFirst() + [word]).joined(separator: " "))'\(Nearest.hint(word, among: known))
      Usage: \(command) <subcommand>
        See '\(command) --help' for more information.
      """
  }
}
