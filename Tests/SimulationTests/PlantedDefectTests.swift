import Linux
import Testing

/// The defects of `make planted`, which takes long and is not part of every test run.
@Suite struct PlantedDefectTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let folder = root + "/Tests/SimulationTests/Planted"
  private static let patches = (try? DurableFile.list(folder).filter { $0.hasSuffix(".patch") }) ?? []

  @Test("There are at least 24 planted defects") func count() { #expect(Self.patches.count >= 24) }

  /// A patch with other context lines can't be applied, or is applied in the wrong place.
  @Test("Each planted defect matches exactly one place in the code", arguments: patches)
  func fits(patch: String) throws {
    let lines = String(decoding: try DurableFile.read("\(Self.folder)/\(patch)"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var code = ""
    var hunk: [Substring] = []
    var hunks = 0
    func end() {
      if hunk.isEmpty { return }
      let old = "\n" + hunk.joined(separator: "\n") + "\n"
      #expect(
        code.split(separator: old, omittingEmptySubsequences: false).count == 2,
        "not once in the code: \(old)")
      hunks += 1
      hunk = []
    }
    for line in lines.dropLast() {
      if line.hasPrefix("--- a/") {
        end()
        code =
          "\n" + String(decoding: try DurableFile.read("\(Self.root)/\(line.dropFirst(6))"), as: UTF8.self)
      } else if line.hasPrefix("@@") {
        end()
      } else if !code.isEmpty, !line.hasPrefix("+") {
        hunk.append(line.dropFirst())
      }
    }
    end()
    #expect(hunks > 0)
  }
}
