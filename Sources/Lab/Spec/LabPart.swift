/// A part of a lab that starts and can be queried separately. Each component's file names its parts.
package struct LabPart: RawRepresentable, Hashable, Codable, Sendable {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }

  /// The namespaces, root file system and links of a host.
  package static let host = LabPart(rawValue: "host")
}
