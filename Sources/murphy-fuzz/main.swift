import FoundationEssentials
import Glibc
import HostileInput
import Linux

// `murphy-fuzz TARGET seeds FOLDER`: writes valid inputs. `murphy-fuzz TARGET …`: libFuzzer, with its own options;
// see `make fuzz`, which builds this with the coverage instrumentation that libFuzzer needs.

@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ feed: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

enum Fuzzing {
  static let target = CommandLine.arguments.dropFirst().first.flatMap(HostileTarget.init)

  static func run() throws -> Int32 {
    let arguments = CommandLine.arguments
    guard let target else {
      printToStandardError(
        "murphy-fuzz: name a target: \(HostileTarget.allCases.map(\.rawValue).joined(separator: ", "))")
      return 2
    }
    if arguments.count == 4, arguments[2] == "seeds" {
      try DurableFile.makeFolder(arguments[3])
      for (index, seed) in try target.seeds(root: FileManager.default.currentDirectoryPath).enumerated() {
        try DurableFile.write(seed, to: "\(arguments[3])/seed-\(index)")
      }
      return 0
    }
    var count = CInt(arguments.count - 1)
    var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
    return runFuzzer(&count, &pointer) { bytes, length in
      do {
        try Fuzzing.target?.feed(Array(UnsafeBufferPointer(start: bytes, count: length)))
      } catch {
        fatalError("\(error)")
      }
      return 0
    }
  }
}

exit(try Fuzzing.run())
