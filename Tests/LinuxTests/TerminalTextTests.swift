import Linux
import Testing

@Suite struct TerminalTextTests {
  private let help = """
    OVERVIEW: Runs a scenario against a fleet, and writes the report.

    USAGE: murphy run [--fleet <fleet>] --seed <seed> [--ab <A B> ...] [<scenario> ...]

    OPTIONS:
      --seed <seed>           The seed of the choices that the scenario leaves open; the same seed gives the same choices.
      --allowed-signers <allowed-signers>
                              The keys whose signatures are accepted.
            With --factor fleet, two fleet files.
      -h, --help

      See 'murphy help <subcommand>' for detailed help.
    """

  @Test("A wide terminal has terms and texts beside each other")
  func wide() {
    #expect(
      TerminalText.wrappedHelp(help, to: 80) == """
        OVERVIEW: Runs a scenario against a fleet, and writes the report.

        USAGE: murphy run [--fleet <fleet>] --seed <seed> [--ab <A B> ...]
               [<scenario> ...]

        OPTIONS:
          --seed <seed>           The seed of the choices that the scenario leaves open;
                                  the same seed gives the same choices.
          --allowed-signers <allowed-signers>
                                  The keys whose signatures are accepted.
                With --factor fleet, two fleet files.
          -h, --help

          See 'murphy help <subcommand>' for detailed help.
        """)
  }

  @Test("In a narrow terminal each text is below its term")
  func narrow() {
    #expect(
      TerminalText.wrappedHelp(help, to: 40) == """
        OVERVIEW: Runs a scenario against a
        fleet, and writes the report.

        USAGE: murphy run [--fleet <fleet>]
          --seed <seed> [--ab <A B> ...]
          [<scenario> ...]

        OPTIONS:
          --seed <seed>
              The seed of the choices that the
              scenario leaves open; the same
              seed gives the same choices.
          --allowed-signers <allowed-signers>
              The keys whose signatures are
              accepted.
              With --factor fleet, two fleet
              files.
          -h, --help

          See 'murphy help <subcommand>' for
          detailed help.
        """)
  }

  @Test("Without a column no text is lost", arguments: [1, 0, -1])
  func none(columns: Int) {
    let words = TerminalText.wrappedHelp(help, to: columns).split { " \n".contains($0) }
    #expect(words == help.split { " \n".contains($0) })
  }
}
