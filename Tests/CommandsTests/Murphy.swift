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
  ///   - more: what else stands in its environment.
  static func run(
    _ arguments: [String], by prefix: [String] = [], program: String? = nil, tools: String? = nil,
    environment more: [String: String] = [:]
  ) throws -> Outcome {
    try withTemporaryFolder { folder in
      let output = try Descriptor(open: folder + "/output", O_WRONLY | O_CREAT, mode: 0o600)
      let errors = try Descriptor(open: folder + "/errors", O_WRONLY | O_CREAT, mode: 0o600)
      let input = try Descriptor(open: "/dev/null", O_RDONLY)
      var environment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder,
      ]
      environment.merge(more) { $1 }
      if let tools { environment["PATH"] = "\(tools):" + (environment["PATH"] ?? "") }
      if let libraries = getenv("LD_LIBRARY_PATH") {
        environment["LD_LIBRARY_PATH"] = String(cString: libraries)
      }
      let pid = try spawn(
        prefix + [program ?? TestProducts.murphy] + arguments, environment: environment, input: input.number,
        output: output.number, errors: errors.number)
      let code = try reap(pid)
      return Outcome(
        code: code, output: String(decoding: try DurableFile.read(folder + "/output"), as: UTF8.self),
        errors: String(decoding: try DurableFile.read(folder + "/errors"), as: UTF8.self))
    }
  }
}

/// Runs a body with a folder of its own, removed with all that it holds.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  var template = Array("/tmp/murphy-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw FolderError(code: errno) }
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

struct FolderError: Error { let code: Int32 }
