import Scenario

/// One line of a run's journal, `events.jsonl`: the only truth of a run.
///
/// Everything shown of a run is a fold over its entries and samples, and can be computed again from them.
public struct Entry: Equatable, Sendable {
  /// When, on the controller's monotonic clock, since the run began.
  public var at: Nanoseconds
  /// The trial, from 1; 0 before the first and after the last.
  public var trial: Int
  /// What.
  public var event: Event

  /// An entry of these parts.
  public init(at: Nanoseconds, trial: Int, event: Event) {
    self.at = at
    self.trial = trial
    self.event = event
  }
}

/// What can stand in a journal.
public enum Event: Equatable, Sendable {
  /// The run began: all that a later comparison needs to know of it.
  case runBegan(RunBegan)
  /// A host was asked what it is made of and how its clock stands to the controller's.
  case hostSurveyed(HostSurvey)
  /// A phase of the trial began.
  case phaseBegan(Phase)
  /// The steady phase ended: whether the platform was well, and what was not.
  case baseline(reasons: [String])
  /// A step's target was chosen.
  case stepChosen(StepChosen)
  /// A fault was asked of an agent. Written before it is asked.
  case leaseRequested(LeaseRequested)
  /// A fault's effect was verified on its host.
  case leaseEffective(LeaseEffective)
  /// A fault could not be injected.
  case leaseFailed(lease: String, message: String)
  /// The revert of a fault was asked of its agent. Written before it is asked.
  case leaseReverting(lease: String, cause: RevertCause)
  /// A fault was lifted, and its absence verified.
  case leaseReverted(LeaseReverted)
  /// An agent's connection was lost.
  case hostLost(host: String, reason: String)
  /// An agent's connection came back.
  case hostRegained(host: String)
  /// What storage believes changed, or was asked and could not be told.
  case storageSeen(view: String, StorageState)
  /// What the manager believes changed, or was asked and could not be told.
  case managerSeen(view: String, ManagerState)
  /// The truth of a domain, from libvirt's own events on a host.
  case domainSeen(DomainSeen)
  /// Waiting for recovery ended.
  case recoveryEnded(RecoveryOutcome)
  /// The records found on the disk behind an append probe after recovery.
  case writesAudited(WritesAudit)
  /// A host's state after the trial beside its state before.
  case residueAudited(host: String, differences: [String])
  /// A guard tripped: the run is aborted.
  case guardTripped(String)
  /// A signal asked for the run's end.
  case interrupted(signal: String)
  /// The trial can't be judged: why.
  case trialVoid(reason: String)
  /// The run ended with this exit code.
  case runEnded(exitCode: Int32)
}

/// What a later comparison needs to know of a run.
public struct RunBegan: Codable, Equatable, Sendable {
  /// The run's name: its folder's.
  public var run: String
  /// When the run began, by the wall clock, as `2026-11-23T06:30:00Z`.
  public var wall: String
  /// The seed of every choice that the scenario leaves open.
  public var seed: UInt64
  /// The scenario as read.
  public var scenario: Scenario
  /// The fleet as read.
  public var fleet: Fleet
  /// Hex SHA-256 digests of `scenario`, `fleet` and `probes`.
  public var digests: [String: String]
  /// Versions of the controller's parts: `murphy`, `metrics`, `kernel`.
  public var versions: [String: String]

  /// The start of a run.
  public init(
    run: String, wall: String, seed: UInt64, scenario: Scenario, fleet: Fleet, digests: [String: String],
    versions: [String: String]
  ) {
    self.run = run
    self.wall = wall
    self.seed = seed
    self.scenario = scenario
    self.fleet = fleet
    self.digests = digests
    self.versions = versions
  }
}

/// What a host is made of, and how its clock stands to the controller's.
public struct HostSurvey: Codable, Equatable, Sendable {
  /// The host.
  public var host: String
  /// The environment's fingerprint: `kernel`, `libvirt`, `qemu`, `gluster`, `pacemaker`, `corosync`, and where
  /// known `gluster.volume.OPTION`, `link.NAME.mtu`, `link.NAME.rate`.
  public var fingerprint: [String: String]
  /// The domains that run on the host.
  public var running: [String]
  /// The host's clock minus the controller's.
  public var clockOffset: Nanoseconds
  /// The uncertainty of that offset: half the best round trip.
  public var clockUncertainty: Nanoseconds

  /// A survey of these parts.
  public init(
    host: String, fingerprint: [String: String], running: [String], clockOffset: Nanoseconds,
    clockUncertainty: Nanoseconds
  ) {
    self.host = host
    self.fingerprint = fingerprint
    self.running = running
    self.clockOffset = clockOffset
    self.clockUncertainty = clockUncertainty
  }
}

/// The phases of a trial.
public enum Phase: String, Codable, CaseIterable, Sendable {
  /// Nothing is broken; the baseline is taken.
  case steady
  /// The timeline runs.
  case faults
  /// Every fault is lifted; the platform mends.
  case recovery
  /// The damage is counted.
  case audit
}

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

/// A fault asked of an agent.
public struct LeaseRequested: Codable, Equatable, Sendable {
  /// The lease's name, unique in the run.
  public var lease: String
  /// The step that it belongs to.
  public var step: String
  /// The host.
  public var host: String
  /// The fault's name in the catalogue.
  public var fault: String
  /// What is cut or stopped, in words: `eth0, eth1 (carrier)`.
  public var object: String
  /// How long the host holds it at most.
  public var duration: Nanoseconds
  /// Whether it cuts the controller's own path to the host.
  public var cutsControlPath: Bool

  /// A request of these parts.
  public init(
    lease: String, step: String, host: String, fault: String, object: String, duration: Nanoseconds,
    cutsControlPath: Bool
  ) {
    self.lease = lease
    self.step = step
    self.host = host
    self.fault = fault
    self.object = object
    self.duration = duration
    self.cutsControlPath = cutsControlPath
  }
}

/// A fault's verified effect.
public struct LeaseEffective: Codable, Equatable, Sendable {
  /// The lease.
  public var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  public var at: Nanoseconds
  /// The uncertainty of `at`, from the clocks' offset.
  public var uncertainty: Nanoseconds
  /// From the agent's receipt of the command to the verified effect, on the host's own clock.
  public var took: Nanoseconds
  /// What was seen that proves it.
  public var evidence: String

  /// An effect of these parts.
  public init(lease: String, at: Nanoseconds, uncertainty: Nanoseconds, took: Nanoseconds, evidence: String) {
    self.lease = lease
    self.at = at
    self.uncertainty = uncertainty
    self.took = took
    self.evidence = evidence
  }
}

/// A fault's verified end.
public struct LeaseReverted: Codable, Equatable, Sendable {
  /// The lease.
  public var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  public var at: Nanoseconds
  /// The uncertainty of `at`.
  public var uncertainty: Nanoseconds
  /// Which link of the chain lifted it.
  public var cause: RevertCause

  /// An end of these parts.
  public init(lease: String, at: Nanoseconds, uncertainty: Nanoseconds, cause: RevertCause) {
    self.lease = lease
    self.at = at
    self.uncertainty = uncertainty
    self.cause = cause
  }
}

/// The links of the chain that lifts a fault.
public enum RevertCause: String, Codable, CaseIterable, Sendable {
  /// The controller said so.
  case controller
  /// The agent's stdin ended: the controller was gone.
  case stdin
  /// The deadline on the host.
  case deadline
  /// The agent died, and its watchdog lifted it.
  case watchdog
  /// The watchdog died, and the agent lifted it.
  case agent
  /// The kernel let a set element expire.
  case kernel
  /// `murphy recover`.
  case recover
}

/// What storage believes.
public struct StorageState: Codable, Equatable, Sendable {
  /// Why bricks and entries could not be told; nil where all of it is true. Peers may be known all the same.
  public var unknown: String?
  /// Bricks online.
  public var bricksOnline: Int
  /// Bricks in all.
  public var bricks: Int
  /// Peers connected, as the most connected host that answered sees them, itself included.
  public var peersConnected: Int
  /// Peers in all, itself included.
  public var peers: Int
  /// Entries yet to be healed.
  public var healBacklog: Int
  /// Entries in split-brain.
  public var splitBrain: Int

  /// A belief of these parts.
  public init(
    unknown: String? = nil, bricksOnline: Int = 0, bricks: Int = 0, peersConnected: Int = 0, peers: Int = 0,
    healBacklog: Int = 0, splitBrain: Int = 0
  ) {
    self.unknown = unknown
    self.bricksOnline = bricksOnline
    self.bricks = bricks
    self.peersConnected = peersConnected
    self.peers = peers
    self.healBacklog = healBacklog
    self.splitBrain = splitBrain
  }

  /// Whether a copy is known to be missing or behind; where not all could be told, by the peers alone.
  public var isDegraded: Bool { peersConnected < peers || unknown == nil && !isWhole }

  /// Whether every copy is there and nothing is left to heal.
  public var isWhole: Bool {
    unknown == nil && bricks > 0 && bricksOnline == bricks && peersConnected == peers && healBacklog == 0
      && splitBrain == 0
  }
}

/// What the manager believes.
public struct ManagerState: Codable, Equatable, Sendable {
  /// Why nothing could be told; nil where the rest is true.
  public var unknown: String?
  /// Whether the manager has quorum.
  public var quorate: Bool
  /// Nodes by name: `online`, `offline`, `unclean`, `standby`, `maintenance`, `pending`.
  public var nodes: [String: String]
  /// Resources by name: the node that runs it, and `failed`, `blocked` where it is.
  public var resources: [String: Resource]

  /// A belief of these parts.
  public init(
    unknown: String? = nil, quorate: Bool = false, nodes: [String: String] = [:],
    resources: [String: Resource] = [:]
  ) {
    self.unknown = unknown
    self.quorate = quorate
    self.nodes = nodes
    self.resources = resources
  }

  /// What the manager believes of a resource.
  public struct Resource: Codable, Equatable, Sendable {
    /// Its role: `Started`, `Stopped`, `Starting` and so on.
    public var role: String
    /// The nodes that it is said to run on.
    public var nodes: [String]
    /// Whether it is said to have failed.
    public var failed: Bool
    /// Whether the manager has given up on it.
    public var blocked: Bool

    /// A belief of these parts.
    public init(role: String, nodes: [String], failed: Bool = false, blocked: Bool = false) {
      self.role = role
      self.nodes = nodes
      self.failed = failed
      self.blocked = blocked
    }

    /// Whether it runs, on just one node, and nothing is said against it.
    public var isWell: Bool { role == "Started" && nodes.count == 1 && !failed && !blocked }
  }

  /// Whether every node is online and every resource runs on just one node.
  public var isWell: Bool {
    unknown == nil && quorate && nodes.values.allSatisfy { $0 == "online" }
      && resources.values.allSatisfy {
        $0.role == "Started" && $0.nodes.count == 1 && !$0.failed && !$0.blocked
      }
  }
}

/// A domain's state as libvirt on its host tells it.
public struct DomainSeen: Codable, Equatable, Sendable {
  /// The host.
  public var host: String
  /// The domain's name.
  public var domain: String
  /// Its state from now on.
  public var state: State
  /// libvirt's words for what happened: `started/booted`, `suspended/paused`.
  public var what: String
  /// When, on the controller's clock since the run began.
  public var at: Nanoseconds
  /// The uncertainty of `at`.
  public var uncertainty: Nanoseconds

  /// A sight of these parts.
  public init(
    host: String, domain: String, state: State, what: String, at: Nanoseconds, uncertainty: Nanoseconds
  ) {
    self.host = host
    self.domain = domain
    self.state = state
    self.what = what
    self.at = at
    self.uncertainty = uncertainty
  }

  /// What a domain does on a host.
  public enum State: String, Codable, Sendable {
    /// It runs.
    case running
    /// It is suspended.
    case paused
    /// It isn't there.
    case off
  }
}

/// Why waiting for recovery ended.
public enum RecoveryOutcome: String, Codable, CaseIterable, Sendable {
  /// The platform was well for the whole stable window.
  case stable
  /// Nothing moved on for too long.
  case noProgress = "no-progress"
  /// The cap was reached.
  case cap
  /// The run was aborted.
  case aborted
}

/// The records found on the disk behind an append probe.
public struct WritesAudit: Codable, Equatable, Sendable {
  /// The probe.
  public var probe: String
  /// Why they could not be read; nil where the rest is true.
  public var unreadable: String?
  /// The sequence numbers found, as ascending closed ranges `[first, last]`.
  public var present: [[Int64]]
  /// Records with a bad checksum.
  public var torn: Int

  /// An audit of these parts.
  public init(probe: String, unreadable: String? = nil, present: [[Int64]] = [], torn: Int = 0) {
    self.probe = probe
    self.unreadable = unreadable
    self.present = present
    self.torn = torn
  }
}

extension ManagerState.Resource: CustomStringConvertible {
  /// `Started on dauntless`, `Stopped`, `Started on dauntless (failed, blocked)`.
  public var description: String {
    let place = nodes.isEmpty ? "" : " on \(nodes.joined(separator: ", "))"
    let marks = (failed ? ["failed"] : []) + (blocked ? ["blocked"] : [])
    return role + place + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
  }
}
