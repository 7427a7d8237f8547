/// A fault for one site, as data. It is sent to an agent and is part of the lease on disk, as `{"fault": NAME, "order":
/// {…}}`. Only the module of the fault can read its data.
package struct FaultSpec: Codable, Hashable, Sendable {
  package var fault: String
  /// The fault's own data, in its own format.
  package var order: JSONValue

  package init(fault: String, order: JSONValue) {
    self.fault = fault
    self.order = order
  }
}
