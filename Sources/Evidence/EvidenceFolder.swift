import Digest
import Glibc
import Linux

/// A run's folder, as evidence: the manifest of what the run recorded, what people added, and signatures.
///
/// - `manifest.sha256` is written once, at the end of the run, and covers the journal. It shows accidental changes.
/// - `review.jsonl` is append-only. Each line has the digest of the line before.
/// - `signatures/N-ROLE.sha256` covers all files at the time of the signature, and the review up to then. A signature by
///   ssh-keygen is beside it. It shows every change by a user who doesn't have the key.
package struct EvidenceFolder: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// The files that the run records, and that no command changes later.
  package static let recorded = [journalName, "samples.bin", "samples.csv"]
  static let journalName = "events.jsonl"
  package static let manifestName = "manifest.sha256"
  static let reviewName = "review.jsonl"
  static let signatureFolder = "signatures"

  /// The run's name: the folder's.
  package var run: String {
    let end = path.reversed().drop { $0 == "/" }
    return String(end.prefix { $0 != "/" }.reversed())
  }

  func path(of name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

  /// Writes `manifest.sha256`.
  package func recordManifest() throws(EvidenceError) {
    var manifest = Manifest(run: run)
    for name in Self.recorded where access(path(of: name), F_OK) == 0 {
      manifest.files[name] = try digest(of: name)
    }
    try write(manifest.text, to: Self.manifestName)
  }

  /// The manifest of the run's end; nil if the run was killed before it.
  ///
  /// - Throws: `EvidenceError`.
  func recordedManifest() throws(EvidenceError) -> Manifest? { try manifest(Self.manifestName) }

  func manifest(_ name: String) throws(EvidenceError) -> Manifest? {
    guard let text = try text(of: name) else { return nil }
    return try Manifest(text, file: path(of: name))
  }

  /// All files that a signature covers: regular files of the folder and its earlier signatures. Not the review, to which
  /// lines are added later, nor hidden files.
  package func covered() throws(EvidenceError) -> [String] {
    var names: [String] = []
    for name in try list("") where !name.hasPrefix(".") && name != Self.reviewName {
      if name == Self.signatureFolder {
        names += try list(name).filter { !$0.hasPrefix(".") }.map { "\(name)/\($0)" }
      } else if try isFile(name) {
        names.append(name)
      }
    }
    return names
  }

  /// The hexadecimal SHA-256 of a file.
  package func digest(of name: String) throws(EvidenceError) -> String {
    var hash = SHA256()
    let path = path(of: name)
    do throws(SystemError) {
      let file = try Descriptor(open: path, O_RDONLY | O_NONBLOCK)
      while true {
        let piece = try file.read(upTo: 1 << 18, from: path)
        if piece.isEmpty { return hash.hex() }
        hash.update(piece)
      }
    } catch { throw .system(error) }
  }

  func text(of name: String) throws(EvidenceError) -> String? {
    do throws(SystemError) {
      return String(decoding: try DurableFile.read(path(of: name), limit: 1 << 26), as: UTF8.self)
    } catch {
      if error.errno == ENOENT { return nil }
      throw .system(error)
    }
  }

  func write(_ text: String, to name: String) throws(EvidenceError) {
    do throws(SystemError) {
      try DurableFile.write(text.utf8, to: path(of: name), mode: 0o644)
    } catch { throw .system(error) }
  }

  func list(_ name: String) throws(EvidenceError) -> [String] {
    do throws(SystemError) { return try DurableFile.list(path(of: name)) } catch { throw .system(error) }
  }

  /// Whether it is a regular file; false for a folder.
  func isFile(_ name: String) throws(EvidenceError) -> Bool {
    var status = stat()
    guard lstat(path(of: name), &status) == 0 else {
      throw .system(SystemError("lstat", path(of: name), errno: errno))
    }
    if status.st_mode & S_IFMT == S_IFDIR { return false }
    if status.st_mode & S_IFMT != S_IFREG || name.contains("\n") { throw .notRegular(path: path(of: name)) }
    return true
  }
}
