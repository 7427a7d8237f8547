/// A fault for one site, as data: it is sent to an agent and kept in the lease on disk, as `{"fault": NAME, "order":
/// {…}}`. Only the fault's own module knows its meaning.
package struct FaultSpec: Codable, Hashable, Sendable {
  package var fault: String
  /// The fault's own data, in its own format.
  package var order: JSONValue

  package init(fault: String, order: JSONValue) {
    self.fault = fault
    self.order = order
  }
}
