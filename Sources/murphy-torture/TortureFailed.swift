/// The harness itself failed. This proves nothing about Murphy.
struct TortureFailed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
