import Journal
import Scenario

/// A kind of view: one file, and one line in `Views.all`.
package protocol ViewKind: Sendable {
  /// Its key in the fleet file.
  var key: String { get }
  /// The source of the belief, for the fleet file's schema.
  var summary: String { get }
  /// The value of the key itself; nil for `{}`.
  var parameter: ViewParameter? { get }
  /// Further keys in the fleet file. A key has the same meaning in all kinds that use it.
  var further: [ViewParameter] { get }
  /// The form of its belief.
  var form: Belief.Form { get }
  /// From where it is queried if the fleet file doesn't state it.
  var vantage: Vantage { get }
  /// The libvirt domain whose host is queried; nil if any host can be. If no host runs it, there is no query, and
  /// `belief` takes no answers.
  func domain(_ spec: ViewSpec) -> String?
  /// The query.
  ///
  /// - Throws: if the parameters are invalid. This is also the only source of the commands that an agent runs.
  func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion
  /// The belief that follows from the answers. There is one answer for each part of the query; it is empty if it did
  /// not arrive in time.
  func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief
  /// The commands that print the versions of its programs, by the programs' names in a host's fingerprint.
  var versions: [(name: String, command: [String])] { get }
  /// The tools that print its configuration, for a host's fingerprint.
  func configuration(_ spec: ViewSpec) throws(ViewRefused) -> [[String]]
  /// The URL at which the controller reads its configuration, for the controller's fingerprint; nil if there is none.
  func configurationURL(_ spec: ViewSpec) -> String?
  /// The parts of that configuration that belong into the fingerprint, by key. There is one answer of each tool, or of the
  /// URL.
  func fingerprint(_ answers: [ViewAnswer], _ spec: ViewSpec) -> [String: String]
  /// The timers in a host's fingerprint that bound the platform's reaction.
  func timers(_ fingerprint: [String: String], _ spec: ViewSpec) -> [PlatformTimer]
  /// Commands for sh(1) that only read, by names that no other kind has. `murphy init` runs them on each host, as root
  /// if it can.
  var discovery: [(name: StaticString, command: StaticString)] { get }
  /// The facts that their output has about one host.
  ///
  /// - Parameter answers: by the commands' names. A command that doesn't exist has an exit code other than 0.
  func discovered(_ answers: [String: ViewAnswer]) -> ViewDiscovery
}

extension ViewKind {
  package var further: [ViewParameter] { [] }
  package func domain(_ spec: ViewSpec) -> String? { nil }
  package var versions: [(name: String, command: [String])] { [] }
  package func configuration(_ spec: ViewSpec) throws(ViewRefused) -> [[String]] { [] }
  package func configurationURL(_ spec: ViewSpec) -> String? { nil }
  package func fingerprint(_ answers: [ViewAnswer], _ spec: ViewSpec) -> [String: String] { [:] }
  package func timers(_ fingerprint: [String: String], _ spec: ViewSpec) -> [PlatformTimer] { [] }
  package var discovery: [(name: StaticString, command: StaticString)] { [] }
  package func discovered(_ answers: [String: ViewAnswer]) -> ViewDiscovery { ViewDiscovery() }
}

/// A timer of the platform, from its live configuration: how long a reaction takes.
package struct PlatformTimer: Equatable, Sendable {
  package enum Reaction: String, Encodable, Sendable {
    /// Clients of the storage wait for a brick that doesn't answer.
    case storageWaits = "storage-waits"
    /// The manager shows the host as lost.
    case hostShownLost = "host-shown-lost"
    /// The manager starts a virtual machine of a lost host on another one.
    case machineStarted = "machine-started"
    /// The manager shows a virtual machine as failed.
    case machineShownFailed = "machine-shown-failed"
    /// The alert manager notifies of an alert that fires.
    case alertDelivered = "alert-delivered"
  }

  package var reaction: Reaction
  /// The platform's name of the virtual machine; nil if it is a timer of all objects.
  package var object: String?
  package var least: Nanoseconds
  package var most: Nanoseconds
  /// The settings: `network.ping-timeout 42 s`.
  package var settings: String
}

/// A key of a view in the fleet file.
package struct ViewParameter: Sendable {
  /// Its name in a `ViewSpec`, and its key in the fleet file unless it is the value of the kind's own key.
  package var name: String
  package var summary: String
  package var form: Form
  package var isRequired = false

  package enum Form: Sendable {
    case text, httpURL, httpsURL, words, duration
    /// An absolute path on the controller.
    case path
    /// Whole numbers in a range: one, or a list.
    case numbers(ClosedRange<Int>, String)
  }
}

/// The query of a view.
package enum ViewQuestion: Equatable, Sendable {
  /// These tools, on hosts. The agent runs only tools in its own list of views, never a text from the controller.
  case tools([[String]])
  /// A program from the fleet file. A host's agent runs it only if the host's policy allows it.
  case command([String], within: Nanoseconds)
  /// `GET` of this URL, by the controller. An answer with another status is none.
  case get(String, accepting: Set<Int> = [200])
  /// Requests to an API, by the controller. There is one answer for each URL, or none.
  case api(APIRequests)
  /// The notifications that a channel of alerts has delivered to the controller since the run began.
  case delivery(AlertChannel)

  /// Whether it can be queried from this vantage.
  package func fits(_ vantage: Vantage) -> Bool {
    switch self {
    case .tools: vantage != .controller
    case .command: true
    case .get, .api, .delivery: vantage == .controller
    }
  }
}

/// Why a view can't be queried.
package struct ViewRefused: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
  init(_ description: String) { self.description = description }
}

/// The views of this version.
package enum Views {
  /// All kinds, in the order in which the schema and messages list them.
  package static let all: [any ViewKind] = [
    Gluster(), Ceph(), Pacemaker(), Proxmox(), OVirt(), Alertmanager(), Prometheus(), HTTPJSON(), Webhook(),
    SNMP(),
    SMSGateway(),
    CommandView(), GuestHeartbeat(),
  ]

  /// The keys of the kinds whose beliefs have this form.
  package static func keys(of form: Belief.Form) -> [String] { all.filter { $0.form == form }.map(\.key) }

  /// The kind with this key; nil if this version has none.
  package static func kind(_ key: String) -> (any ViewKind)? { all.first { $0.key == key } }
}

extension ViewSpec {
  /// The form of its belief; nil for a kind that this version doesn't have.
  package var form: Belief.Form? { Views.kind(kind)?.form }

  /// The libvirt domain whose host is queried; nil if any host can be.
  package var domain: String? { Views.kind(kind)?.domain(self) }

  /// The query of this view.
  package func question() throws(ViewRefused) -> ViewQuestion {
    guard let known = Views.kind(kind) else {
      throw ViewRefused("this version has no view '\(kind.prefix(40))'")
    }
    return try known.question(self)
  }

  /// The tools that print its configuration.
  package func configuration() throws(ViewRefused) -> [[String]] {
    try Views.kind(kind)?.configuration(self) ?? []
  }

  /// The URL at which the controller reads its configuration.
  package var configurationURL: String? { Views.kind(kind)?.configurationURL(self) }

  /// The parts of that configuration that belong into a fingerprint.
  package func fingerprint(_ answers: [ViewAnswer]) -> [String: String] {
    Views.kind(kind)?.fingerprint(answers, self) ?? [:]
  }

  /// The timers in a host's fingerprint.
  package func timers(_ fingerprint: [String: String]) -> [PlatformTimer] {
    Views.kind(kind)?.timers(fingerprint, self) ?? []
  }

  /// The belief in the answers; nil for a kind that this version doesn't have.
  package func belief(_ answers: [ViewAnswer]) -> Belief? { Views.kind(kind)?.belief(answers, self) }

  /// An unknown belief with its reason; nil for a kind that this version doesn't have.
  package func belief(unknown reason: String) -> Belief? { form.map { Belief($0, unknown: reason) } }
}

extension Fleet.View {
  /// From where it is queried.
  package var vantage: Vantage { from ?? Views.kind(kind.kind)?.vantage ?? .anyHost }
}
