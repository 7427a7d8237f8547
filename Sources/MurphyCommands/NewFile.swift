import Glibc
import Linux

/// The path of a file in a folder, as short as it can be.
func path(of file: String, in folder: String) -> String {
  folder == "." ? file : "\(folder)\(folder.hasSuffix("/") ? "" : "/")\(file)"
}

/// Refuses files that exist: one that its user has edited must never be replaced.
func refuseExisting(_ files: [String]) throws {
  let existing = files.filter { access($0, F_OK) == 0 }
  if existing.isEmpty { return }
  throw Stop(
    .badInput,
    "\(existing.joined(separator: ", ")): exists already, and nothing is overwritten: move it away, or choose another "
      + "folder with --out")
}

/// Writes a file that must not exist yet, and makes its folder.
func writeNew(_ text: String, to path: String) throws {
  do throws(SystemError) {
    if let end = path.lastIndex(of: "/"), end > path.startIndex, access(String(path[..<end]), F_OK) != 0 {
      try checked("mkdir", String(path[..<end])) { mkdir(String(path[..<end]), 0o755) }
    }
    let file = try Descriptor(open: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    try file.write(Array(text.utf8), to: path)
  } catch {
    throw Stop(.refused, "\(error)")
  }
}
