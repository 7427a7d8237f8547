/// How a step's target was chosen.
package struct StepChosen: Codable, Equatable, Sendable {
  package var step: String
  /// The hosts on which its faults are injected.
  package var hosts: [String]
  /// The virtual machines that are themselves targets.
  package var vms: [String]
  /// How the choice was made, for display.
  package var how: String

  package init(step: String, hosts: [String], vms: [String], how: String) {
    self.step = step
    self.hosts = hosts
    self.vms = vms
    self.how = how
  }
}
