import FoundationEssentials
import Glibc

/// Runs a body with a new folder. Afterwards the folder is removed with its content, also after an error.
package func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = try makeTemporaryFolder()
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// The same for an async body.
package func withTemporaryFolder<Result>(
  isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
) async throws -> Result {
  let path = try makeTemporaryFolder()
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

private func makeTemporaryFolder() throws -> String {
  var template = Array("/tmp/murphy-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw CallFailed("mkdtemp") }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A system call of a test failed with this errno.
package struct CallFailed: Error, CustomStringConvertible {
  /// The call.
  package let operation: String
  /// The errno.
  package let code = errno

  /// The error of the last call.
  package init(_ operation: String) { self.operation = operation }

  /// The call and its reason.
  package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
