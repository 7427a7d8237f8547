import Scenario

/// `bmc.lockout`: a host's BMC refuses an account, such as that of the cluster's fencing, as after a changed password.
///
/// The controller injects it, by another account of the BMC. The account is disabled; its password is neither read nor
/// changed, so it can't be lost.
package struct BMCLockout: LeasedFault {
  /// The host that the BMC belongs to.
  let host: String
  /// The controller's own access.
  let bmc: BMC
  /// The number of the account at the BMC.
  let account: Int

  package static let description = FaultDescription(
    name: "bmc.lockout",
    summary:
      "A host's BMC refuses an account, as if its password were wrong, so that fencing with it fails; the account is disabled.",
    targets: [.host],
    parameters: [
      .init(
        name: "account", summary: "The number of the account at the BMC, as 'ipmitool user list' shows it.",
        form: .count, standard: nil, isRequired: true, example: .count(3))
    ],
    // The host works.
    takesHost: false, extent: .held,
    variants: [.init("disabled", observed: .byBMC(.accountDisabled))])

  /// The numbers of accounts that IPMI 2.0 has.
  private static let numbers = 1...63

  /// The lockout of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let bmc = host.bmc else { throw StepRefused(step, host.needsBMC) }
    if bmc.isRedfish {
      throw StepRefused(
        step, "host \(host.name)'s bmc is a Redfish service, and an account is disabled by IPMI: write 'ipmi'"
      )
    }
    guard case .count(let number)? = Self.parameter("account", of: step), Self.numbers.contains(number) else {
      throw StepRefused(step, "account is a number from 1 to \(Self.numbers.upperBound)", of: "account")
    }
    self.host = host.name
    self.bmc = BMC(bmc)
    account = number
  }

  /// One assignment, at the controller. It takes no host, since the host works.
  package static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    guard let host else { throw StepRefused(step, "the target names no host") }
    let fault = try BMCLockout(step, on: host, in: fleet)
    return [
      Assignment(site: .controller, spec: try fault.spec(for: step), takes: [], traits: fault.traits)
    ]
  }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    var host: String
    var bmc: BMC
    var account: Int
    /// The account's name. Under another name it is another program's.
    var name: String

    /// `account 3 (fencing)`.
    var words: String { "account \(account) (\(name))" }
  }

  /// `falco's BMC (account 3)`.
  package var object: String { "\(host)'s BMC (account \(account))" }
  package var footprint: [Resource] { [Resource(.bmc, bmc.address)] }
  package var undoing: String { "enables account \(account) of \(host)'s BMC; its password is not touched" }
  package var reversal: Reversal { .restore }
  /// The BMC is a separate device, and no connection of the controller leads through it.
  package var pathLoss: PathLoss { .never }
  /// A BMC announces nothing.
  package var signals: Set<EffectSignal> { [] }
  /// A BMC has few sessions, and each takes up to a second.
  package var lookInterval: Nanoseconds { .seconds(2) }
  package var effectPatience: Nanoseconds { .seconds(20) }

  /// Whether the BMC answers, and the account exists, works, and isn't the controller's own.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      _ = try bmc.powerIfReadable()
      _ = try usableName()
      return []
    } catch {
      return ["\(error)"]
    }
  }

  /// The account's name, if it may be disabled.
  private func usableName() throws -> String {
    let service = try bmc.ipmi()
    let name = try service.accountName(account)
    func refused(_ reason: String) -> BMCFailure { BMCFailure(address: bmc.address, reason: reason) }
    if name.isEmpty { throw refused("it has no account \(account): see 'ipmitool user list'") }
    if name == bmc.user {
      throw refused(
        "account \(account) is \(name), by which the controller must enable it again: use another account for one of "
          + "the two")
    }
    if try !service.accepts(account: account) {
      throw refused("account \(account) (\(name)) is disabled already")
    }
    return name
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    Undo(host: host, bmc: bmc, account: account, name: try usableName())
  }

  var injection: Injection<Undo> {
    .untilReverted(
      because: "an account that was disabled stays so until it is enabled", byDaemon: true
    ) { undo, _ in try undo.bmc.ipmi().set(account: undo.account, isEnabled: false) }
  }

  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let shown = "\(undo.host)'s BMC shows \(undo.words)"
    return try undo.bmc.ipmi().accepts(account: undo.account)
      ? .inactive(because: "\(shown) as enabled") : .active(evidence: "\(shown) as disabled")
  }

  /// Enables the account, if it still has its name.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    let service = try undo.bmc.ipmi()
    if try service.accountName(undo.account) != undo.name { return }
    if try service.accepts(account: undo.account) { return }
    try service.set(account: undo.account, isEnabled: true)
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    let service = try undo.bmc.ipmi()
    if try service.accountName(undo.account) != undo.name { return [] }
    return try service.accepts(account: undo.account)
      ? [] : ["\(undo.host)'s BMC \(undo.bmc.address) shows \(undo.words) as disabled"]
  }
}
