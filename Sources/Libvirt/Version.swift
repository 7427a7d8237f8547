/// A version of libvirt or of a hypervisor.
package struct Version: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let major: Int
  package let minor: Int
  package let release: Int

  package init(major: Int, minor: Int, release: Int) {
    self.major = major
    self.minor = minor
    self.release = release
  }

  /// libvirt packs a version as 1,000,000 × major + 1,000 × minor + release.
  init(packed: UInt) {
    self.init(
      major: Int(packed / 1_000_000), minor: Int(packed / 1_000 % 1_000), release: Int(packed % 1_000))
  }

  /// Orders by major, then minor, then release.
  package static func < (one: Version, other: Version) -> Bool {
    (one.major, one.minor, one.release) < (other.major, other.minor, other.release)
  }

  /// `9.0.0`.
  package var description: String { "\(major).\(minor).\(release)" }
}
