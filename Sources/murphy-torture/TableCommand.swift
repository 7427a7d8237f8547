import ArgumentParser
import FoundationEssentials
import Linux
import Scenario

/// RELIABILITY.md from the records of both parts.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table", abstract: "Generates RELIABILITY.md from the output of plain and lab.")

  @Argument(help: "Files of JSON lines.") var records: [String]
  @Option(help: "How the records were made, if not by make torture.") var remark: String?
  @Option(help: "The commit and the date of the records.") var measured: String?
  @Option(help: "The output of Tests/Comparison/chaostoolkit.sh.") var beside: String?
  @Option(help: "The present page: its track record, which is written by hand, is kept.") var former: String?

  func run() throws {
    var outcomes: [Outcome] = []
    for path in records {
      let lines = try DurableFile.read(path, limit: 1 << 26).split(separator: UInt8(ascii: "\n"))
      for (index, line) in lines.enumerated() {
        do {
          outcomes.append(try JSONDecoder().decode(Outcome.self, from: Data(line)))
        } catch let error as DecodingError {
          throw TortureFailed("\(path): record \(index + 1): \(error.words)")
        }
      }
    }
    let comparison = try beside.map { String(decoding: try DurableFile.read($0), as: UTF8.self) }
    let page = try former.map { String(decoding: try DurableFile.read($0), as: UTF8.self) }
    print(
      ReliabilityPage(
        outcomes, beside: comparison, remark: remark, measured: measured,
        trackRecord: page.flatMap(ReliabilityPage.trackRecord)
      ).text, terminator: "")
  }
}
