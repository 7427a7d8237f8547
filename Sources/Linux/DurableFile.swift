import Glibc

/// Files whose content is on stable storage when a call returns.
package enum DurableFile {
  /// Writes a file atomically: after a power cut it is either complete or absent. Writes a temporary file beside it,
  /// then fsync, rename, and fsync of the folder.
  package static func write(_ bytes: some Collection<UInt8>, to path: String, mode: mode_t = 0o600)
    throws(SystemError)
  {
    let temporary = path + ".new"
    do throws(SystemError) {
      let file = try Descriptor(open: temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
      try file.write(bytes, to: temporary)
      try checked("fsync", temporary) { fsync(file.number) }
      try checked("rename", path) { rename(temporary, path) }
    } catch {
      unlink(temporary)
      throw error
    }
    try syncFolder(of: path)
  }

  /// Appends to a file and waits until it is on stable storage.
  package static func append(_ bytes: some Collection<UInt8>, to path: String) throws(SystemError) {
    let file = try Descriptor(open: path, O_WRONLY | O_CREAT | O_APPEND)
    try file.write(bytes, to: path)
    try checked("fdatasync", path) { fdatasync(file.number) }
  }

  /// Reads the whole content. Fails if the file is longer than `limit` bytes, so that another process that grows it
  /// can't exhaust memory.
  package static func read(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
    // O_NONBLOCK: opening a FIFO in the file's place must not block.
    let file = try Descriptor(open: path, O_RDONLY | O_NONBLOCK)
    var bytes: [UInt8] = []
    while true {
      let part = try file.read(upTo: 65536, from: path)
      if part.isEmpty { return bytes }
      bytes += part
      if bytes.count > limit { throw SystemError("read", path, errno: EFBIG) }
    }
  }

  /// Removes a file, and waits until that is on stable storage. A file that doesn't exist is not an error.
  package static func remove(_ path: String) throws(SystemError) {
    if unlink(path) != 0 {
      let code = errno
      if code == ENOENT { return }
      throw SystemError("unlink", path, errno: code)
    }
    try syncFolder(of: path)
  }

  /// Creates a folder and its parents with mode 0700. A folder that exists is not an error.
  package static func makeFolder(_ path: String) throws(SystemError) {
    var made = ""
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made, 0o700) == 0 {
        try syncFolder(of: made)
      } else {
        let code = errno
        if code != EEXIST { throw SystemError("mkdir", made, errno: code) }
      }
    }
  }

  /// The names in a folder, sorted. Empty if the folder doesn't exist.
  package static func list(_ path: String) throws(SystemError) -> [String] {
    guard let folder = opendir(path) else {
      let code = errno
      if code == ENOENT { return [] }
      throw SystemError("opendir", path, errno: code)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      // readdir(3) returns NULL at the end and for an error. Only errno distinguishes them.
      errno = 0
      guard let entry = readdir(folder) else {
        if errno != 0 { throw SystemError("readdir", path, errno: errno) }
        return names.sorted()
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  private static func syncFolder(of path: String) throws(SystemError) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = try Descriptor(open: folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY)
    try checked("fsync", folder) { fsync(descriptor.number) }
  }
}
