/// `GET` requests to a manager's API over TLS, with credentials from a file of the controller.
package struct APIRequests: Equatable, Sendable {
  /// `https://` URLs. Each must answer with status 200.
  package var urls: [String]
  /// The media type of the answers.
  package var mediaType: String
  /// A file with the certificates (PEM) to trust instead of the system's.
  package var authority: String?
  /// The file with the credentials.
  package var credentials: String
  /// The beginning of the header `Authorization`; the file's first line is the rest.
  package var authorization: String
}

extension ViewParameter {
  /// The certificates that a view over TLS trusts.
  static let authority = ViewParameter(
    name: "ca", summary: "a file with the certificates (PEM) to trust instead of the system's", form: .path)
}
