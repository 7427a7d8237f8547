import Glibc
import Linux
import Runner

extension RunFiles {
  /// The files of a run whose folder a person gave.
  ///
  /// - Throws: `Stop` if the folder isn't that of a run.
  init(named folder: String) throws {
    guard access("\(folder)/events.jsonl", R_OK) == 0 else {
      throw Stop(
        .badInput,
        "\(SystemError("read", "\(folder)/events.jsonl", errno: errno)); give the folder of a run, which murphy run printed"
      )
    }
    self.init(path: folder)
  }
}
