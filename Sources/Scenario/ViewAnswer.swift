/// What a part of a view's question brought.
package struct ViewAnswer: Codable, Equatable, Sendable {
  /// What a program wrote to stdout, or the body of an HTTP answer; empty if it did not come in time.
  package var text: String
  /// The exit code; nil unless it was a program that ended by itself.
  package var exitCode: Int32?
  /// Why a program did not end by itself; nil if it did.
  package var failure: String?

  package init(_ text: String, exitCode: Int32? = nil, failure: String? = nil) {
    self.text = text
    self.exitCode = exitCode
    self.failure = failure
  }
}
