extension Lab {
  /// Whether `name` is valid in a path, a host name and a shell argument.
  static func isValid(name: String) -> Bool {
    let allowed = name.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: "-")
    }
    return allowed && (1...32).contains(name.utf8.count) && !name.hasPrefix("-") && !name.hasSuffix("-")
  }

  /// Whether `path` is absolute and contains no character with a meaning in overlay options, ssh_config or YAML.
  static func isValid(path: String) -> Bool {
    let allowed = path.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "/._-+".utf8.contains(byte)
    }
    return allowed && path.hasPrefix("/") && !path.split(separator: "/").contains { $0 == ".." || $0 == "." }
  }
}
