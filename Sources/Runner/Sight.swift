import AgentProtocol
import Journal
import Scenario
import Views

/// What a view showed when it was looked through.
enum Sight {
  case storage(StorageState)
  case manager(ManagerState)

  /// From what the tools behind the view answered; nil where the answers aren't those of such a view.
  init?(_ kind: Fleet.View.Kind, outputs: [String]) {
    switch kind {
    case .gluster:
      guard outputs.count == 2 else { return nil }
      self = .storage(StorageState(glusterPool: outputs[0], heal: outputs[1]))
    case .pacemaker:
      guard outputs.count == 1 else { return nil }
      self = .manager(ManagerState(pacemaker: outputs[0]))
    case .alertmanager: return nil
    }
  }

  /// Nothing, for a reason.
  init?(_ kind: Fleet.View.Kind, unknown reason: String) {
    switch kind {
    case .gluster: self = .storage(StorageState(unknown: reason))
    case .pacemaker: self = .manager(ManagerState(unknown: reason))
    case .alertmanager: return nil
    }
  }
}

extension Fleet.View.Kind {
  /// What an agent is asked; nil for a view that this version doesn't look through.
  var look: Look? {
    switch self {
    case .gluster(let volume): .gluster(volume: volume)
    case .pacemaker: .pacemaker
    case .alertmanager: nil
    }
  }
}
