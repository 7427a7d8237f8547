import FoundationEssentials
import Glibc

/// Runs a body with a new folder, and removes the folder with all that is in it, however the body ends.
package func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = try makeTemporaryFolder()
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// The same for a body that waits.
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

/// A system call of a test's own that failed, with its errno.
package struct CallFailed: Error, CustomStringConvertible {
  /// The call.
  package let operation: String
  /// The errno.
  package let code = errno

  /// A call that failed just now.
  package init(_ operation: String) { self.operation = operation }

  /// Which call, and why.
  package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
