import Glibc
import Linux
import Runner

extension RunFiles {
  /// The files of a run whose folder a person gave.
  ///
  /// - Throws: `Stop` if the folder isn't that of a run.
  init(named folder: String) throws {
    let journal = "\(folder)/events.jsonl"
    var status = stat()
    let reason: String? =
      if access(journal, R_OK) != 0 || stat(journal, &status) != 0 {
        "\(SystemError("read", journal, errno: errno))"
      } else {
        status.st_mode & S_IFMT == S_IFREG ? nil : "\(journal) is not a regular file"
      }
    if let reason {
      throw Stop(.badInput, "\(reason); give the folder of a run, which murphy run printed")
    }
    self.init(path: folder)
  }
}

extension Stop {
  /// A run whose files can't be read. The text of a system's error has the path already.
  static func unreadable(_ folder: String, _ error: any Error) -> Stop {
    Stop(.badInput, error is SystemError ? "\(error)" : "\(folder): \(error)")
  }
}
