import Glibc
import Linux

/// Copies a file to a path as a program that every user can execute.
///
/// A separate process writes it. The kernel executes no file that is open for writing, and children that other tests
/// start at the same time would have this process's open file until their exec.
package func installProgram(_ source: String, at path: String) throws {
  let install = try ChildProcess(["install", "-m", "755", source, path])
  guard try install.wait()?.code == 0 else { throw NeverHappened("install \(source) \(path)") }
}
