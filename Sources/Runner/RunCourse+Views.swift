import AgentProtocol
import Conductor
import Journal
import Scenario
import Views

extension RunCourse {
  /// A query of one host, or of the controller or any host if `host` is nil.
  struct Query: Hashable {
    var view: String
    var host: String?
  }

  /// Queries each view that is due.
  mutating func askViews() {
    guard isWatching else { return }
    // All views of the fleet are queried: a view that the scenario doesn't use may also show broken hosts.
    for view in fleet.views where now >= nextLook[view.name] ?? .zero {
      do throws(ViewRefused) {
        _ = try view.kind.question()
      } catch {
        nextLook[view.name] = now + view.every
        interpret(.failed("\(error)"), of: view.name, from: nil, asked: now)
        continue
      }
      switch view.vantage {
      case .controller:
        guard asking.insert(view.name).inserted else { continue }
        nextLook[view.name] = now + view.every
        acts.append(.ask(view, asked: now))
      case .anyHost:
        if let domain = view.kind.domain {
          ask(view, ofHostOf: domain)
        } else if let lookout {
          ask(view, of: [lookout])
        }
      case .everyHost: ask(view, of: servedHosts)
      case .host(let host):
        if isServed(host) {
          ask(view, of: [host])
        } else {
          nextLook[view.name] = now + view.every
          interpret(.failed("\(host) doesn't answer"), of: view.name, from: host, asked: now)
        }
      }
    }
  }

  /// Queries the host that runs a domain. Whether it is cut off for others doesn't matter to this view.
  private mutating func ask(_ view: Fleet.View, ofHostOf domain: String) {
    let hosts = conductor.hosts(running: domain)
    if let host = hosts.first(where: isServed) { return ask(view, of: [host]) }
    nextLook[view.name] = now + view.every
    if let host = hosts.first {
      interpret(
        .failed("\(host), which runs \(domain), doesn't answer"), of: view.name, from: nil, asked: now)
    } else {
      interpret(.answers([]), of: view.name, from: nil, asked: now)
    }
  }

  private mutating func ask(_ view: Fleet.View, of hosts: [String]) {
    let isOfEveryHost = view.vantage == .everyHost
    let lookout = isOfEveryHost ? self.lookout : nil
    for host in hosts {
      // A query that hangs must not prevent the next query of another host.
      guard let place = place(of: host) else { continue }
      if let asked = links[place].lookingThrough[view.name], now - asked < .seconds(12) { continue }
      nextLook[view.name] = now + view.every
      var spec = view.kind
      spec.isAside = isOfEveryHost && host != lookout
      askedAside[Query(view: view.name, host: host)] = spec.isAside ? now : nil
      ask(host, .query(spec), .query(view: view.name, asked: now))
      links[place].lookingThrough[view.name] = now
    }
  }

  /// The host whose belief the run uses: the first host that answers and that no fault has taken. A host that a fault
  /// has cut off would report the others as gone.
  private var lookout: String? {
    let served = fleet.hosts.indices.lazy.filter { links[$0].isServed }
    return (served.first { !conductor.isDown(sites[$0]) } ?? served.first).map { sites[$0] }
  }

  private var servedHosts: [String] {
    fleet.hosts.indices.compactMap { links[$0].isServed ? sites[$0] : nil }
  }

  /// Starts deriving the belief from a query's answers.
  mutating func interpret(_ result: LookResult, of view: String, from host: String?, asked: Nanoseconds) {
    acts.append(.interpret(result, view: view, from: host, asked: asked))
  }

  /// Records a belief, unless a newer one of the same host is known. An answer that a cut path delayed must not count
  /// as the present belief.
  mutating func take(_ belief: Belief, of name: String, from host: String?, asked: Nanoseconds) {
    guard let view = fleet.view(name) else { return }
    let isOfEveryHost = view.vantage == .everyHost
    if view.vantage == .anyHost, view.kind.domain == nil, let host, conductor.isDown(host),
      host != lookout
    {
      return
    }
    let query = Query(view: name, host: isOfEveryHost ? host : nil)
    if let last = lastShown[query], asked <= last { return }
    lastShown[query] = asked
    // A belief may lack a part if its query was made aside. This is true even if its host has become the run's source
    // since the query.
    let wasAside = askedAside[Query(view: name, host: host)] == asked
    let isAside = isOfEveryHost && host != nil && (wasAside || host != lookout)
    report(.view(name, belief, from: host, isAside: isAside))
  }
}
