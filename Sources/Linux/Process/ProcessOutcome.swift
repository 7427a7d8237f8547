/// The end and the output of a program that ran to its end.
package struct ProcessOutcome: Sendable {
  package var command: [String]
  package var end: ProcessEnd
  /// The whole of its stdout.
  package var output: [UInt8]
  /// The end of its stderr.
  package var errors: [UInt8]

  package var outputText: String { String(decoding: output, as: UTF8.self) }
  package var errorText: String { String(decoding: errors, as: UTF8.self) }

  /// Its stdout.
  ///
  /// - Throws: `ProcessFailure` if it ended with another exit code than 0, or by a signal.
  package func success() throws(ProcessFailure) -> String {
    if end.isSuccess { return outputText }
    throw ProcessFailure(command, .ended(end), errors: errorText)
  }
}
