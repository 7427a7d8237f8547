import Glibc
import Linux

/// Whether a run's folder is as the run, and those who signed it, left it.
package struct Verification: Equatable, Sendable {
  /// The recorded files; nil if the run was killed before it wrote its manifest.
  package var recorded: [File]?
  /// Why the review is not as it was written; nil if it is.
  package var reviewFault: String?
  package var signed: [Signed]

  package struct File: Equatable, Sendable {
    package var name: String
    package var state: State
  }

  package enum State: String, Equatable, Sendable {
    case same, changed, missing
  }

  /// A signature, by number.
  package struct Signed: Equatable, Sendable {
    /// The file of the statement, also if only its signature is left.
    package var file: String
    /// Nil if the statement can't be read.
    package var statement: Manifest.Statement?
    package var check: Signature.Check
    /// Files that differ from what was signed, including the review if one of its lines before the signature was changed.
    package var differing: [File]
    /// The statement is for another run.
    package var otherRun: String?
  }

  /// Whether nothing was changed since it was recorded or signed.
  package var isWhole: Bool {
    let whole = { (files: [File]) in files.allSatisfy { $0.state == .same } }
    return reviewFault == nil && whole(recorded ?? [])
      && signed.allSatisfy {
        $0.differing.isEmpty && $0.otherRun == nil && $0.statement != nil
          && ($0.check == .intact || $0.check.identity != nil)
      }
  }
}

extension Signature.Check {
  package var identity: String? { if case .by(let identity) = self { identity } else { nil } }
}

extension EvidenceFolder {
  /// Compares the folder with its manifest and its signatures.
  ///
  /// - Parameter allowedSigners: a file as in ssh-keygen(1), "ALLOWED SIGNERS"; nil if it isn't known whose keys count.
  /// - Throws: `EvidenceError` for files that can't be read.
  package func verify(allowedSigners: String? = nil) throws(EvidenceError) -> Verification {
    var verification = Verification(recorded: nil, reviewFault: nil, signed: [])
    if let manifest = try recordedManifest() {
      verification.recorded = try compare(manifest.files)
    }
    var review = Review()
    do throws(EvidenceError) {
      review = try self.review()
    } catch {
      guard case .line = error else { throw error }
      verification.reviewFault = error.description
    }
    for name in try statements() {
      var signed = Verification.Signed(file: name, statement: nil, check: .withoutStatement, differing: [])
      guard let text = try text(of: name) else {
        verification.signed.append(signed)
        continue
      }
      signed.check = try Signature.check(
        text, signature: path(of: name) + Self.signatureEnding, allowedSigners: allowedSigners)
      do throws(EvidenceError) {
        let manifest = try Manifest(text, file: path(of: name))
        signed.statement = manifest.statement
        signed.differing = try compare(manifest.files).filter { $0.state != .same }
        if let last = manifest.review, !review.digests.contains(last) {
          signed.differing.append(.init(name: Self.reviewName, state: .changed))
        }
        // A copy of the folder has another name, and the same journal, which names its run.
        if manifest.run != run, signed.differing.contains(where: { $0.name == Self.journalName }) {
          signed.otherRun = manifest.run
        }
      } catch {
        guard case .line = error else { throw error }
        signed.check = .wrong(error.description)
      }
      verification.signed.append(signed)
    }
    return verification
  }

  private func compare(_ files: [String: String]) throws(EvidenceError) -> [Verification.File] {
    var result: [Verification.File] = []
    for (name, digest) in files.sorted(by: { $0.key < $1.key }) {
      do throws(EvidenceError) {
        result.append(.init(name: name, state: try self.digest(of: name) == digest ? .same : .changed))
      } catch {
        guard case .system(let system) = error, system.errno == ENOENT else { throw error }
        result.append(.init(name: name, state: .missing))
      }
    }
    return result
  }
}
