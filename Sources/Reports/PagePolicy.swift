import Digest
import FoundationEssentials

/// The permissions of a page: only its own style and its own script, and no network, form or frame.
enum PagePolicy {
  static let text = policy(style: HTMLTemplate.style, script: PageScript.text)

  /// The policy of a page with one inline style, and one inline script or none.
  static func policy(style: String, script: String? = nil) -> String {
    "default-src 'none'; style-src \(source(style)); "
      + (script.map { "script-src \(source($0)); " } ?? "") + "base-uri 'none'; form-action 'none'"
  }

  /// An inline style or script, by its SHA-256; see https://www.w3.org/TR/CSP3/#grammardef-hash-source.
  private static func source(_ text: String) -> String {
    var hash = SHA256()
    hash.update(text.utf8)
    return "'sha256-\(Data(hash.digest()).base64EncodedString())'"
  }
}
