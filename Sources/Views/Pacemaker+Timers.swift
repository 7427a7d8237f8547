import Scenario

extension Pacemaker {
  package func configuration(_ spec: ViewSpec) throws(ViewRefused) -> [[String]] {
    [
      ["corosync-cmapctl", "runtime.config.totem."],
      ["cibadmin", "--query", "--local", "--scope", "configuration"],
    ]
  }

  /// `corosync.token` and `.consensus` in milliseconds; `pacemaker.stonith-enabled` and `.stonith-timeout` if they are
  /// set; `pacemaker.RESOURCE.start-timeout`, `.monitor-interval` and `.monitor-timeout` of each virtual machine.
  package func fingerprint(_ answers: [ViewAnswer], _ spec: ViewSpec) -> [String: String] {
    let totem = answers.first.map(Self.totem) ?? [:]
    return answers.count > 1 ? totem.merging(Self.cluster(answers[1])) { $1 } : totem
  }

  /// Lines such as `runtime.config.totem.token (u32) = 3650`.
  private static func totem(_ answer: ViewAnswer) -> [String: String] {
    var found: [String: String] = [:]
    for line in answer.text.split(separator: "\n") {
      let parts = line.split(separator: " ")
      guard parts.count == 4, parts[2] == "=", let milliseconds = UInt32(parts[3]) else { continue }
      for name in ["token", "consensus"] where parts[0] == "runtime.config.totem.\(name)" {
        found["corosync.\(name)"] = "\(milliseconds) ms"
      }
    }
    return found
  }

  /// An operation that states no timeout has that of `op_defaults`, or 20 s. See "Resource Operations" in Pacemaker
  /// Explained.
  private static func cluster(_ answer: ViewAnswer) -> [String: String] {
    guard let root = XMLTree(answer.text)?.root, root.name == "configuration" else { return [:] }
    var found: [String: String] = [:]
    for property in root.all("crm_config").flatMap({ $0.all("nvpair") }) {
      let name = property.attribute("name")
      if ["stonith-enabled", "stonith-timeout"].contains(name) {
        found["pacemaker.\(name)"] = property.attribute("value")
      }
    }
    // How devices fence: fence_ipmilan's `cycle` doesn't see the host off, `onoff` does.
    let methods = root.all("primitive").filter { $0.attribute("class") == "stonith" }.flatMap {
      $0.all("nvpair").filter { $0.attribute("name") == "method" }.map { $0.attribute("value") }
    }
    if !methods.isEmpty { found["pacemaker.fencing-method"] = Set(methods).sorted().joined(separator: ", ") }
    let standard =
      root.all("op_defaults").flatMap { $0.all("nvpair") }.first { $0.attribute("name") == "timeout" }?
      .attribute("value") ?? "20s"
    for machine in root.all("primitive") where machine.attribute("type") == "VirtualDomain" {
      let prefix = "pacemaker.\(machine.attribute("id"))."
      found[prefix + "start-timeout"] = standard
      for operation in machine.all("op") {
        let stated = operation.attribute("timeout")
        let timeout = stated.isEmpty ? standard : stated
        switch operation.attribute("name") {
        case "start": found[prefix + "start-timeout"] = timeout
        case "monitor":
          found[prefix + "monitor-interval"] = operation.attribute("interval")
          found[prefix + "monitor-timeout"] = timeout
        default: break
        }
      }
    }
    return found
  }

  /// - Corosync waits `token` for the lost token, then agrees on the remaining members within `consensus`. See
  ///   corosync.conf(5).
  /// - Then Pacemaker fences the host, for at most `stonith-timeout` (60 s by default), unless that is disabled, and starts
  ///   its virtual machines, for at most the timeout of their start.
  /// - It shows a failure of a virtual machine after its next monitor operation, or after its timeout.
  package func timers(_ fingerprint: [String: String], _ spec: ViewSpec) -> [PlatformTimer] {
    func time(_ key: String) -> Nanoseconds? { fingerprint[key].flatMap(Self.time) }
    let machines = fingerprint.keys.compactMap { key -> String? in
      guard key.hasPrefix("pacemaker."), key.hasSuffix(".start-timeout") else { return nil }
      return String(key.dropFirst("pacemaker.".count).dropLast(".start-timeout".count))
    }.sorted()
    var timers: [PlatformTimer] = []
    if let token = time("corosync.token"), let consensus = time("corosync.consensus") {
      let lost = "token \(token), consensus \(consensus)"
      timers.append(
        PlatformTimer(reaction: .hostShownLost, least: token, most: token + consensus, settings: lost))
      let isFencing = fingerprint["pacemaker.stonith-enabled"] != "false"
      let fencing = isFencing ? time("pacemaker.stonith-timeout") ?? .seconds(60) : .zero
      for machine in machines {
        guard let start = time("pacemaker.\(machine).start-timeout") else { continue }
        timers.append(
          PlatformTimer(
            reaction: .machineStarted, object: machine, least: token,
            most: token + consensus + fencing + start,
            settings: lost + (isFencing ? ", stonith-timeout \(fencing)" : "") + ", start timeout \(start)"))
      }
    }
    for machine in machines {
      guard let interval = time("pacemaker.\(machine).monitor-interval"), interval > .zero,
        let timeout = time("pacemaker.\(machine).monitor-timeout")
      else { continue }
      timers.append(
        PlatformTimer(
          reaction: .machineShownFailed, object: machine, least: .zero, most: interval + timeout,
          settings: "monitor every \(interval), timeout \(timeout)"))
    }
    return timers
  }

  /// A time with a unit as in the cluster's configuration, `90s` or `3650 ms`; without a unit, seconds. Nil for a time in
  /// ISO 8601, and if it is too long.
  private static func time(_ text: String) -> Nanoseconds? {
    let words = text.filter { $0 != " " }
    let digits = words.prefix { ("0"..."9").contains($0) }
    // A year, so that sums can't overflow.
    guard let count = Int64(digits), count <= 366 * 86_400_000 else { return nil }
    switch words.dropFirst(digits.count).lowercased() {
    case "ms", "msec": return .milliseconds(count)
    case "", "s", "sec": return count <= 366 * 86_400 ? .seconds(count) : nil
    case "m", "min": return count <= 366 * 1440 ? .seconds(count * 60) : nil
    case "h", "hr": return count <= 366 * 24 ? .seconds(count * 3600) : nil
    default: return nil
    }
  }
}
