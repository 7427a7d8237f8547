import FoundationEssentials
import Glibc
import Linux
import ProductTesting

/// The built `murphy`, run as a user runs it.
enum MurphyProgram {
  struct Outcome {
    var code: Int32
    var output: String
    var errors: String
  }

  /// Runs it to its end.
  ///
  /// - Parameters:
  ///   - prefix: a program that runs it, with its arguments.
  ///   - tools: a folder whose programs it finds before all others.
  ///   - more: further environment variables.
  static func run(
    _ arguments: [String], by prefix: [String] = [], program: String? = nil, tools: String? = nil,
    environment more: [String: String] = [:]
  ) throws -> Outcome {
    try withTemporaryFolder { folder in
      var environment = [
        "PATH": ToolEnvironment.path, "HOME": folder,
      ]
      environment.merge(more) { $1 }
      if let tools { environment["PATH"] = "\(tools):" + (environment["PATH"] ?? "") }
      if let libraries = getenv("LD_LIBRARY_PATH") {
        environment["LD_LIBRARY_PATH"] = String(cString: libraries)
      }
      let outcome = try ChildProcess.run(
        prefix + [program ?? TestProducts.murphy] + arguments, environment: environment)
      return Outcome(
        code: outcome.end.code ?? -1, output: outcome.outputText, errors: outcome.errorText)
    }
  }
}

/// Runs a body with a temporary folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  var template = Array("/tmp/murphy-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw FolderError(code: errno) }
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

struct FolderError: Error { let code: Int32 }
