import FoundationEssentials

/// `GET` requests to a manager's API over TLS, with credentials from a file of the controller.
package struct APIRequests: Equatable, Sendable {
  /// `https://` URLs. Each must answer with status 200.
  package var urls: [String]
  /// The media type of the answers.
  package var mediaType: String
  /// A file with the certificates (PEM) to trust instead of the system's.
  package var authority: String?
  /// The file with the credentials, on its first line.
  package var credentials: String
  package var authorization: Authorization

  /// The value of the header `Authorization`.
  package enum Authorization: Equatable, Sendable {
    /// The line, after these words.
    case line(after: String)
    /// `Basic` with the line, which is `USER:PASSWORD`; see RFC 7617.
    case basic

    /// The value with a file's first line. Nil if the line isn't in the form, so that it can't add a field to the header.
    package func value(_ line: String) -> String? {
      switch self {
      case .line(let words):
        line.isEmpty || !line.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? nil : words + line
      case .basic:
        line.dropFirst().contains(":") ? "Basic \(Data(line.utf8).base64EncodedString())" : nil
      }
    }
  }
}

extension APIRequests.Authorization: CustomStringConvertible {
  /// The form of the line.
  package var description: String {
    switch self {
    case .line: "a token without spaces"
    case .basic: "USER:PASSWORD"
    }
  }
}

extension ViewParameter {
  /// The certificates that a view over TLS trusts.
  static let authority = ViewParameter(
    name: "ca", summary: "a file with the certificates (PEM) to trust instead of the system's", form: .path)
}
