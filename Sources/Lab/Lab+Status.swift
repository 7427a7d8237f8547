import Linux
import FoundationEssentials

extension Lab {
  /// Queries every part of every host now. It takes at most about 10 s, even without any answer.
  package func status() async -> LabStatus {
    guard let record else {
      return LabStatus(lab: name, phase: .down, pid: nil, hosts: [], parts: [])
    }
    guard record.platform.isAlive else {
      return LabStatus(lab: name, phase: .broken, pid: nil, hosts: [], parts: [])
    }
    async let shared = sharedParts(record)
    let hosts = await withTaskGroup(of: LabStatus.Host.self) { group in
      for host in spec.hosts { group.addTask { await hostStatus(host, record) } }
      return await group.reduce(into: [String: LabStatus.Host]()) { $0[$1.name] = $1 }
    }
    return LabStatus(
      lab: name, phase: record.phase, pid: record.platform.pid,
      hosts: spec.hosts.compactMap { hosts[$0.name] },
      parts: await shared)
  }

  private func hostStatus(_ host: LabHost, _ record: LabRecord) async -> LabStatus.Host {
    let identity = running(host)
    let services = host.services(in: self).filter { identity != nil || $0.place == .besideHost }
    let parts = await withTaskGroup(of: LabStatus.Part.self) { group in
      for service in services {
        group.addTask {
          let answer = await ask(service, of: host, record: record)
          let isRunning =
            switch service.place {
            case .besideHost: running(service, beside: host) != nil
            case .inHost: if let identity { await runs(service.daemon, in: identity) } else { false }
            }
          return LabStatus.Part(service.part, running: isRunning, answer: answer)
        }
      }
      return await group.reduce(into: [LabPart: LabStatus.Part]()) { $0[$1.part] = $1 }
    }
    return LabStatus.Host(name: host.name, pid: identity?.pid, parts: services.compactMap { parts[$0.part] })
  }

  private func sharedParts(_ record: LabRecord) async -> [LabStatus.Part] {
    var parts: [LabStatus.Part] = []
    for service in spec.components.compactMap({ $0.sharedService(in: self) }) {
      let answer = await ask(shared: service, record: record)
      var isRunning = false
      for host in spec.hosts {
        guard let identity = running(host) else { continue }
        if await runs(service.daemon, in: identity) { isRunning = true }
      }
      parts.append(LabStatus.Part(service.part, running: isRunning, answer: answer))
    }
    return parts
  }

  private func runs(_ daemon: String, in identity: ProcessIdentity) async -> Bool {
    let found = try? await Command.run(inHost(identity, ["busybox", "pidof", daemon]))
    return found?.end.isSuccess == true
  }
}

extension LabStatus.Part {
  init(_ part: LabPart, running: Bool, answer: Lab.Answer) {
    switch answer {
    case .answered(let text): self.init(part: part, running: running, answer: text, reason: nil)
    case .none(let reason): self.init(part: part, running: running, answer: nil, reason: reason)
    }
  }
}
