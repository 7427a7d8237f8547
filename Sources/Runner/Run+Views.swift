import AgentProtocol
import Conductor
import Journal
import Linux
import Scenario
import Views

extension Run {
  /// A question to one host; to the controller, or to any host, if `host` is nil.
  struct Look: Hashable {
    var view: String
    var host: String?
  }

  /// Asks each view that is due.
  func askViews() throws {
    guard isWatching else { return }
    let time = Clock.monotonic.now
    // All of the fleet's: also one that the scenario doesn't measure by may show hosts broken.
    for view in fleet.views where time >= nextLook[view.name] ?? 0 {
      do throws(ViewRefused) {
        _ = try view.kind.question()
      } catch {
        nextLook[view.name] = time + view.every.count
        try receive(view.kind.belief(unknown: "\(error)"), of: view.name, from: nil, asked: time)
        continue
      }
      switch view.vantage {
      case .controller: try askByController(view, at: time)
      case .anyHost: if let lookout { try ask(view, of: [lookout], at: time) }
      case .everyHost: try ask(view, of: fleet.hosts.map(\.name).filter(isAnswering), at: time)
      case .host(let host):
        if isAnswering(host) {
          try ask(view, of: [host], at: time)
        } else {
          nextLook[view.name] = time + view.every.count
          try receive(
            view.kind.belief(unknown: "\(host) doesn't answer"), of: view.name, from: host, asked: time)
        }
      }
    }
  }

  private func ask(_ view: Fleet.View, of hosts: [String], at time: Int64) throws {
    for host in hosts {
      // A question that hangs must not keep the next from another host.
      if let asked = links[host]?.lookingThrough[view.name], time - asked < 12_000_000_000 { continue }
      nextLook[view.name] = time + view.every.count
      try ask(host, .look(view.kind), .look(view: view.name, asked: time))
      links[host]?.lookingThrough[view.name] = time
    }
  }

  /// Asks on a thread of its own: a name's resolver or a program may take long.
  private func askByController(_ view: Fleet.View, at time: Int64) throws {
    guard asking.insert(view.name).inserted else { return }
    nextLook[view.name] = time + view.every.count
    let mailbox = mailbox
    try startThread(named: "ask \(view.name)") {
      let answer: ControllerAnswer
      do throws(ViewRefused) {
        answer =
          try ControllerAnswer(asking: view.kind) ?? .failed("only hosts can be asked for \(view.kind.kind)")
      } catch {
        answer = .failed("\(error)")
      }
      mailbox.post(.answered(view: view.name, asked: time, answer))
    }
  }

  private func isAnswering(_ host: String) -> Bool {
    links[host]?.serving != nil && links[host]?.isLost == false
  }

  /// The host by whose beliefs the run judges: the first that answers and that no fault has taken. A host that a fault has
  /// cut off sees the others gone.
  private var lookout: String? {
    let fit = fleet.hosts.map(\.name).filter(isAnswering)
    return fit.first { !conductor.hostsDown.contains($0) } ?? fit.first
  }

  /// Takes a belief, unless a newer one of the same host is known: an answer that a cut path held back must not pass for
  /// what is believed now.
  func receive(_ belief: Belief?, of name: String, from host: String?, asked: Int64) throws {
    guard let belief, let view = fleet.view(name) else { return }
    let isOfEveryHost = view.vantage == .everyHost
    if view.vantage == .anyHost, let host, conductor.hostsDown.contains(host), host != lookout { return }
    let look = Look(view: name, host: isOfEveryHost ? host : nil)
    guard asked > lastShown[look] ?? 0 else { return }
    lastShown[look] = asked
    try tell(.view(name, belief, from: host, isAside: isOfEveryHost && host != nil && host != lookout))
  }
}
