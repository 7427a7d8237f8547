import ArgumentParser
import FoundationEssentials
import Linux

/// RELIABILITY.md from the records of both parts.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table", abstract: "Makes RELIABILITY.md of what plain and lab printed.")

  @Argument(help: "Files of JSON lines.") var records: [String]
  @Option(help: "How the records came about, where that isn't by make torture.") var remark: String?
  @Option(help: "What Tests/Comparison/chaostoolkit.sh printed.") var beside: String?
  @Option(help: "The page so far: its track record, which people write, is carried over.") var former: String?

  func run() throws {
    var outcomes: [Outcome] = []
    for path in records {
      for line in try DurableFile.read(path, limit: 1 << 26).split(separator: UInt8(ascii: "\n")) {
        outcomes.append(try JSONDecoder().decode(Outcome.self, from: Data(line)))
      }
    }
    let comparison = try beside.map { String(decoding: try DurableFile.read($0), as: UTF8.self) }
    let page = try former.map { String(decoding: try DurableFile.read($0), as: UTF8.self) }
    print(
      ReliabilityPage(
        outcomes, beside: comparison, remark: remark, trackRecord: page.flatMap(ReliabilityPage.trackRecord)
      ).text, terminator: "")
  }
}
