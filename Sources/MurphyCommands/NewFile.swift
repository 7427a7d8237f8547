import Glibc
import Linux

/// The shortest path of a file in a folder.
func path(of file: String, in folder: String) -> String {
  folder == "." ? file : "\(folder)\(folder.hasSuffix("/") ? "" : "/")\(file)"
}

/// Refuses a path that isn't that of a folder.
func requireFolder(_ path: String) throws(SystemError) {
  _ = Descriptor(owning: try checked("read", path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
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

/// Writes a new file, and creates its folder with the folders above it. Fails if the file exists.
func writeNew(_ text: String, to path: String) throws {
  do throws(SystemError) {
    for end in path.indices where path[end] == "/" && end > path.startIndex {
      let folder = String(path[..<end])
      if access(folder, F_OK) != 0 { try checked("mkdir", folder) { mkdir(folder, 0o755) } }
    }
    let file = try Descriptor(open: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    try file.write(Array(text.utf8), to: path)
  } catch {
    throw Stop(.refused, "\(error)")
  }
}
