import Glibc
import Linux
import Testing

@Suite(.enabled(if: getuid() == 0, "needs root: to make network namespaces"))
struct OwnNetworkNamespaceTests {
  @Test("A thread's own network namespace differs from the process's, and from a later one")
  func anotherOne() throws {
    let results = try Mailbox<Result<[Int32], SystemError>>()
    try startThread(named: "namespace") {
      do throws(SystemError) {
        let first = try OwnNetworkNamespace()
        var errors = [Self.errno { () throws(SystemError) in try first.checkCallingThread() }]
        let second = try OwnNetworkNamespace()
        errors.append(Self.errno { () throws(SystemError) in try second.checkCallingThread() })
        errors.append(Self.errno { () throws(SystemError) in try first.checkCallingThread() })
        results.post(.success(errors))
      } catch {
        results.post(.failure(error))
      }
    }
    let before = try inode()
    results.wait(nanoseconds: 60_000_000_000)
    #expect(try #require(results.take().first).get() == [0, 0, EPERM])
    #expect(try inode() == before, "the thread alone moved")
  }

  private static func errno(_ body: () throws(SystemError) -> Void) -> Int32 {
    do throws(SystemError) {
      try body()
      return 0
    } catch {
      return error.errno
    }
  }

  private func inode() throws -> UInt64 {
    var found = stat()
    try checked("stat", "/proc/self/ns/net") { stat("/proc/self/ns/net", &found) }
    return UInt64(found.st_ino)
  }
}
