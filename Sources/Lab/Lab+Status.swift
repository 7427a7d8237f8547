import Linux
import FoundationEssentials

extension Lab {
  /// Asks every part of every host now; takes at most some 10 s, however little answers.
  public func status() async -> LabStatus {
    guard let record else {
      return LabStatus(lab: name, phase: .down, pid: nil, hosts: [], web: nil)
    }
    guard record.platform.isAlive else {
      return LabStatus(lab: name, phase: .broken, pid: nil, hosts: [], web: nil)
    }
    async let web = webStatus(record)
    let hosts = await withTaskGroup(of: LabStatus.Host.self) { group in
      for host in LabHost.allCases { group.addTask { await hostStatus(host, record) } }
      return await group.reduce(into: [String: LabStatus.Host]()) { $0[$1.name] = $1 }
    }
    return LabStatus(
      lab: name, phase: record.phase, pid: record.platform.pid,
      hosts: LabHost.allCases.compactMap { hosts[$0.name] },
      web: await web)
  }

  private func hostStatus(_ host: LabHost, _ record: LabRecord) async -> LabStatus.Host {
    guard let identity = record.running(host) else {
      return LabStatus.Host(name: host.name, pid: nil, parts: [])
    }
    let services = host.services(lab: name)
    let parts = await withTaskGroup(of: LabStatus.Part.self) { group in
      for service in services {
        group.addTask {
          let answer = await ask(service, of: host, record: record)
          let running = await runs(service.daemon, in: identity)
          return LabStatus.Part(service.part, running: running, answer: answer)
        }
      }
      return await group.reduce(into: [LabPart: LabStatus.Part]()) { $0[$1.part] = $1 }
    }
    return LabStatus.Host(name: host.name, pid: identity.pid, parts: services.compactMap { parts[$0.part] })
  }

  private func webStatus(_ record: LabRecord) async -> LabStatus.Part {
    let answer = await askWeb(record: record)
    var running = false
    for host in LabHost.allCases {
      guard let identity = record.running(host) else { continue }
      if await runs("qemu-system-x86_64", in: identity) { running = true }
    }
    return LabStatus.Part(.web, running: running, answer: answer)
  }

  private func runs(_ daemon: String, in identity: ProcessIdentity) async -> Bool {
    let found = try? await Command.run(inHost(identity, ["busybox", "pidof", daemon]))
    return found?.succeeded == true
  }
}

extension LabStatus.Part {
  init(_ part: LabPart, running: Bool, answer: Lab.Answer) {
    switch answer {
    case .said(let text): self.init(part: part, running: running, answer: text, reason: nil)
    case .silent(let reason): self.init(part: part, running: running, answer: nil, reason: reason)
    }
  }
}
