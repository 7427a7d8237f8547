/// The harness itself could not go on: why. It says nothing of Murphy.
struct TortureFailed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
