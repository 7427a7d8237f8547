import Glibc
import Linux

extension EvidenceFolder {
  /// All files and folders, also hidden ones. A folder's name ends with a slash, and is before those of its files.
  package func entries() throws(EvidenceError) -> [String] { try entries(below: "") }

  private func entries(below folder: String) throws(EvidenceError) -> [String] {
    var entries: [String] = []
    for name in try list(folder) {
      if try isFile(folder + name) {
        entries.append(folder + name)
      } else {
        entries += try ["\(folder)\(name)/"] + self.entries(below: "\(folder)\(name)/")
      }
    }
    return entries
  }

  /// Copies entries into an existing folder, which may be in this one. The copies belong to this user: only root may give
  /// files to the user of the originals.
  package func copy(_ entries: [String], to other: EvidenceFolder) throws(EvidenceError) {
    do throws(SystemError) {
      for name in entries {
        let target = other.path(of: name)
        if name.hasSuffix("/") {
          try checked("mkdir", target) { mkdir(target, 0o755) }
        } else {
          try copy(file: path(of: name), to: target)
        }
      }
    } catch { throw .system(error) }
  }

  private func copy(file: String, to target: String) throws(SystemError) {
    let source = try Descriptor(open: file, O_RDONLY | O_NONBLOCK)
    let copy = try Descriptor(open: target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    while true {
      let piece = try source.read(upTo: 1 << 18, from: file)
      if piece.isEmpty { return }
      try copy.write(piece, to: target)
    }
  }
}
