/// The harness itself failed. It says nothing about Murphy.
struct TortureFailed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
