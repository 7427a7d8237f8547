import Glibc
import Linux

/// Signatures of a run's folder, made and checked by ssh-keygen (ssh-keygen(1), `-Y sign`).
package enum Signature {
  /// The namespace of the signatures, so that none for another purpose is accepted.
  package static let namespace = "murphy-run"

  /// Signs a file; the signature is in `FILE.sig`. ssh-keygen may ask for the key's passphrase on the terminal.
  ///
  /// - Parameter key: a private key, or a public one whose private key the ssh-agent has.
  static func sign(_ file: String, key: String) throws(EvidenceError) {
    try run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", namespace, file], input: [])
  }

  /// What is known of a signature.
  package enum Check: Equatable, Sendable {
    /// It is by this identity of the file of allowed signers.
    case by(identity: String)
    /// The text was not changed since, but no file states whose key it is.
    case intact
    /// The text was changed, or the signature, or its key isn't allowed. With ssh-keygen's reason.
    case wrong(String)
    /// There is no signature beside the statement.
    case missing
    /// There is a signature, and no statement beside it.
    case withoutStatement
  }

  static func check(_ text: String, signature: String, allowedSigners: String?) throws(EvidenceError) -> Check
  {
    guard access(signature, F_OK) == 0 else { return .missing }
    let input = Array(text.utf8)
    guard let allowedSigners else {
      return try check(["check-novalidate", "-s", signature], input).map { .wrong($0) } ?? .intact
    }
    let found = try outcome(
      ["ssh-keygen", "-Y", "find-principals", "-f", allowedSigners, "-s", signature], input: [])
    guard found.end.isSuccess, let identity = found.outputText.split(separator: "\n").first.map(String.init)
    else { return .wrong("its key is not in \(allowedSigners)") }
    return try check(["verify", "-f", allowedSigners, "-I", identity, "-s", signature], input).map {
      .wrong($0)
    }
      ?? .by(identity: identity)
  }

  /// Nil if ssh-keygen accepts the signature; otherwise its reason.
  private static func check(_ arguments: [String], _ input: [UInt8]) throws(EvidenceError) -> String? {
    let outcome = try outcome(["ssh-keygen", "-Y"] + arguments + ["-n", namespace], input: input)
    if outcome.end.isSuccess { return nil }
    let reason = outcome.errorText + outcome.outputText
    return reason.split(separator: "\n").joined(separator: "; ")
  }

  private static func run(_ command: [String], input: [UInt8]) throws(EvidenceError) {
    let outcome = try outcome(command, input: input)
    do throws(ProcessFailure) { _ = try outcome.success() } catch { throw .signing(error) }
  }

  private static func outcome(_ command: [String], input: [UInt8]) throws(EvidenceError) -> ProcessOutcome {
    // The terminal and the ssh-agent are those of the caller.
    var environment = ToolEnvironment.bare
    for name in ["SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY", "HOME"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    do throws(ProcessFailure) {
      return try ChildProcess.run(command, environment: environment, session: .callers, input: input)
    } catch { throw .signing(error) }
  }
}

extension EvidenceFolder {
  /// Signs the folder as it is now: writes a statement that covers all files, and its signature.
  ///
  /// - Returns: the statement's file, in the folder.
  /// - Throws: `EvidenceError`. Without a signature the statement is removed again.
  package func sign(_ statement: Manifest.Statement, key: String) throws(EvidenceError) -> String {
    // A review that was changed is not signed.
    let review = try review()
    var manifest = Manifest(run: run, statement: statement, review: review.digests.last)
    for name in try covered() { manifest.files[name] = try digest(of: name) }
    // Also a signature without its statement has taken its number: ssh-keygen would not replace it.
    let number = (try list(Self.signatureFolder).compactMap(Self.number).max() ?? 0) + 1
    if mkdir(path(of: Self.signatureFolder), 0o755) != 0, errno != EEXIST {
      throw .system(SystemError("mkdir", path(of: Self.signatureFolder), errno: errno))
    }
    let name = "\(Self.signatureFolder)/\(number)-\(statement.role.rawValue).sha256"
    try write(manifest.text, to: name)
    do throws(EvidenceError) {
      try Signature.sign(path(of: name), key: key)
    } catch {
      unlink(path(of: name))
      throw error
    }
    return name
  }

  /// The statements of signatures, by number. Each has its signature beside it, and either may be missing.
  func statements() throws(EvidenceError) -> [String] {
    let files = try list(Self.signatureFolder).filter { !$0.hasPrefix(".") }
    let statements = files.filter { $0.hasSuffix(".sha256") }
    let signed = files.filter { $0.hasSuffix(Self.signatureEnding) }
      .map { String($0.dropLast(Self.signatureEnding.count)) }
    return Set(statements + signed).sorted { (Self.number($0) ?? 0, $0) < (Self.number($1) ?? 0, $1) }
      .map { "\(Self.signatureFolder)/\($0)" }
  }

  /// The ending that ssh-keygen(1) adds to the name of the file that it signs.
  static let signatureEnding = ".sig"

  /// `2` of `2-accepted.sha256`.
  private static func number(_ name: String) -> Int? { name.split(separator: "-").first.flatMap { Int($0) } }
}
