/// A fault for one site, as data: it travels to an agent and is kept in the lease on disk, as
/// `{"fault": NAME, "order": {…}}`. What it does is known only where the fault's own module is.
package struct FaultSpec: Codable, Hashable, Sendable {
  /// The fault's name in the catalogue.
  package var fault: String
  /// What the fault itself wrote. Its form is the fault's own.
  package var order: JSONValue

  /// A specification of these parts.
  package init(fault: String, order: JSONValue) {
    self.fault = fault
    self.order = order
  }
}
