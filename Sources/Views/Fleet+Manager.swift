import Journal
import Scenario

extension Fleet {
  /// Whether a manager decides where virtual machines run. Without one, people and libvirt start them again.
  package var hasManager: Bool { manager != nil || views.contains { $0.kind.form == .manager } }
}
