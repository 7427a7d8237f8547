/// How a step's target was chosen.
public struct StepChosen: Codable, Equatable, Sendable {
  /// The step's name.
  public var step: String
  /// The hosts on which its faults are injected.
  public var hosts: [String]
  /// The virtual machines that it hits itself.
  public var vms: [String]
  /// How the choice came about, in words.
  public var how: String

  /// A choice of these parts.
  public init(step: String, hosts: [String], vms: [String], how: String) {
    self.step = step
    self.hosts = hosts
    self.vms = vms
    self.how = how
  }
}
