/// How a step's target was chosen.
package struct StepChosen: Codable, Equatable, Sendable {
  /// The step's name.
  package var step: String
  /// The hosts on which its faults are injected.
  package var hosts: [String]
  /// The virtual machines that it hits itself.
  package var vms: [String]
  /// How the choice came about, in words.
  package var how: String

  /// A choice of these parts.
  package init(step: String, hosts: [String], vms: [String], how: String) {
    self.step = step
    self.hosts = hosts
    self.vms = vms
    self.how = how
  }
}
