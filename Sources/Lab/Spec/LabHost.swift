/// A host of a lab.
package struct LabHost: Hashable, Sendable {
  package let name: String
  /// From 1: Corosync's node id, and the base of the last number of each address.
  let number: Int
}
