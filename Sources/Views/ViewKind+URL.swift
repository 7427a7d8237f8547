import Scenario

extension ViewKind {
  /// The URL of the spec, without a trailing slash.
  func base(_ spec: ViewSpec) throws(ViewRefused) -> String {
    guard let url = spec.text("url"), !url.contains("?"), !url.contains("#") else {
      throw ViewRefused("\(key): expected a URL without a query, such as http://monitoring:9090")
    }
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }

  /// The URL of the spec, which is https since credentials are sent to it, without a trailing slash.
  ///
  /// - Parameter example: a possible URL, for the refusal.
  func base(_ spec: ViewSpec, overTLS example: String) throws(ViewRefused) -> String {
    let base = try base(spec)
    guard base.hasPrefix("https://") else { throw ViewRefused("\(key): expected a URL such as \(example)") }
    return base
  }

  /// The path of the file with the credentials.
  func credentials(_ name: String, of spec: ViewSpec) throws(ViewRefused) -> String {
    guard let path = spec.text(name) else { throw ViewRefused("\(key): '\(name)' is missing") }
    return path
  }
}
