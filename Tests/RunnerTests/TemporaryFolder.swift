import FoundationEssentials
import Glibc

/// Runs a body with a temporary folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  var template = Array("/tmp/murphy-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw FolderError(code: errno) }
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

struct FolderError: Error { let code: Int32 }
