import ArgumentParser

/// Refuses empty paths, as of a variable of a shell that is not set: they would mean the root or the present folder.
///
/// - Parameter paths: each with the name of its option or argument in the usage.
func refuseEmpty(_ paths: KeyValuePairs<String, String?>) throws {
  for (name, path) in paths where path?.isEmpty == true { throw ValidationError("\(name) is empty") }
}

/// Refuses empty paths of an argument that may be given several times.
func refuseEmpty(_ name: String, in paths: [String]) throws {
  if paths.contains("") { throw ValidationError("\(name) is empty") }
}
