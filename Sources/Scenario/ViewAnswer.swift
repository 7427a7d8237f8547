/// The answer to a part of a view's query.
package struct ViewAnswer: Codable, Equatable, Sendable {
  /// A program's stdout, or the body of an HTTP response; empty if it did not arrive in time.
  package var text: String
  /// The exit code; nil unless it was a program that ended by itself.
  package var exitCode: Int32?
  /// Why a program did not end by itself; nil if it did.
  package var failure: String?
  /// The `Date` of an HTTP response: the server's time, in whole seconds.
  package var date: String?

  package init(_ text: String, exitCode: Int32? = nil, failure: String? = nil, date: String? = nil) {
    self.text = text
    self.exitCode = exitCode
    self.failure = failure
    self.date = date
  }
}
