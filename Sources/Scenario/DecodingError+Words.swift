extension DecodingError {
  /// Why a value could not be decoded, in a few words: the keys that lead to it, and the reason.
  package var words: String {
    let (reason, context): (String?, Context)
    switch self {
    case .keyNotFound(let key, let found):
      (reason, context) = ("the key '\(key.stringValue)' is missing", found)
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      (reason, context) = (nil, found)
    @unknown default: return "\(self)"
    }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return (path.isEmpty ? "" : "\(path): ") + (reason ?? context.debugDescription)
  }
}
