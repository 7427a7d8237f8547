import Linux

/// Why what people add to a run, or its proof, can't be read or written.
package enum EvidenceError: Error, Equatable, CustomStringConvertible {
  case system(SystemError)
  /// A line of a file that Murphy writes is not as Murphy writes it.
  case line(file: String, Int, String)
  /// The signing program failed.
  case signing(ProcessFailure)
  case notRegular(path: String)

  /// Object, reason and next step.
  package var description: String {
    switch self {
    case .system(let error): error.description
    case .line(let file, let number, let reason):
      "\(file):\(number): \(reason); the line was changed: restore the file from a copy"
    case .signing(let failure): failure.description
    case .notRegular(let path): "\(path): not a regular file: remove it from the run's folder"
    }
  }
}
