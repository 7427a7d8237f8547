import ArgumentParser
import Linux

/// The keys of signatures that a check accepts.
struct AllowedSignersOption: ParsableArguments {
  @Option(help: "The keys whose signatures are accepted, in the format ALLOWED SIGNERS of ssh-keygen(1).")
  var allowedSigners: String?

  func validate() throws { try refuseEmpty(["--allowed-signers": allowedSigners]) }

  /// - Throws: `Stop` if the file can't be read: ssh-keygen would report each signature as wrong.
  func file() throws -> String? {
    guard let allowedSigners else { return nil }
    do throws(SystemError) {
      _ = try DurableFile.read(allowedSigners)
    } catch {
      throw Stop(.badInput, "--allowed-signers: \(error)")
    }
    return allowedSigners
  }
}
