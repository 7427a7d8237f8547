import Glibc
import Linux

/// The shortest path of a file in a folder.
func path(of file: String, in folder: String) -> String {
  folder == "." ? file : "\(folder)\(folder.hasSuffix("/") ? "" : "/")\(file)"
}

/// Refuses files that exist, since files that users have edited must never be replaced.
func refuseExisting(_ files: [String]) throws {
  let existing = files.filter { access($0, F_OK) == 0 }
  if existing.isEmpty { return }
  throw Stop(
    .badInput,
    "\(existing.joined(separator: ", ")): already exists, and is never overwritten: move it, or choose another "
      + "folder with --out")
}

/// Writes a new file, and creates its folder. Fails if the file exists.
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
