import Linux
import ProductTesting
import Testing

/// The programs that only developers use.
@Suite struct DeveloperProgramTests {
  @Test(
    "A wrong value is refused before anything is done",
    arguments: [
      ("murphy-simulate", "--seconds 99999999999999999", "--seconds"),
      ("murphy-simulate", "--from 18446744073709551615 --runs 2", "--from"),
      ("murphy-bench", "prober --kinds http,ftp", "--kinds"), ("murphy-bench", "prober --every 0", "--every"),
      ("murphy-bench", "report --millions 0", "--millions"),
      ("murphy-bench", "history --scenarios 0", "--scenarios"),
      ("murphy-bench", "statistics --simulations 0", "--simulations"),
      ("murphy-torture", "plain --fault host.nothing", "--fault"),
      ("murphy-torture", "plain --case 99999999", "--case"), ("murphy-torture", "plain --skip 1", "--case"),
      ("murphy-torture", "lab --special nothing", "--special"),
    ])
  func wrongValue(program: String, arguments: String, name: String) throws {
    let programs = [
      "murphy-simulate": TestProducts.simulate, "murphy-bench": TestProducts.bench,
      "murphy-torture": TestProducts.torture,
    ]
    let outcome = try ChildProcess.run(
      [try #require(programs[program])] + arguments.split(separator: " ").map(String.init))
    #expect(outcome.end.code == 64 && outcome.outputText == "")
    #expect(
      outcome.errorText.hasPrefix("Error: ") && outcome.errorText.contains(name), "\(outcome.errorText)")
  }

  @Test("The hidden command of bench has help")
  func hiddenHelp() throws {
    let outcome = try ChildProcess.run([TestProducts.bench, "peak", "--help"])
    #expect(outcome.end.code == 0 && outcome.outputText.contains("USAGE: murphy-bench peak"))
  }

  @Test("A record that torture can't read is named with its file")
  func record() throws {
    try withTemporaryFolder { folder in
      try DurableFile.write(Array("{}\n".utf8), to: "\(folder)/records.jsonl")
      let outcome = try ChildProcess.run([TestProducts.torture, "table", "\(folder)/records.jsonl"])
      #expect(outcome.end.code == 70)
      #expect(
        outcome.errorText.hasPrefix("murphy-torture: \(folder)/records.jsonl: record 1: the key '"),
        "\(outcome.errorText)")
    }
  }
}
