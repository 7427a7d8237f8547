/// A host of a lab.
package struct LabHost: Hashable, Sendable {
  package let name: String
  /// From 1: Corosync's node id, and what the last number of each address is made of.
  let number: Int
}
