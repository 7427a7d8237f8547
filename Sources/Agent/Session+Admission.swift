import AgentProtocol
import Faults
import Glibc
import Journal
import Leases
import Linux
import Scenario

extension Session {
  /// Gives the host to a run, or refuses it with all reasons.
  func welcome(_ name: String) throws -> Welcome {
    if let run = course.run, run != name { throw Refusal.sessionInUse(run: run) }
    let occupant = occupant(otherThan: name)
    var reasons = operatorRefusals(of: name)
    if reasons.isEmpty {
      course.begin(name)
      do {
        try takeLock(for: name)
        if course.holdsLock { try folder.dropUnfinished() }
      } catch {
        reasons.append(Refusal(error))
      }
    } else if let occupant {
      reasons.append(.hostInUse(run: occupant))
    }
    reasons += unreadableLeases()
    let foreign = foreignLeases(otherThanOf: [name])
    if !reasons.isEmpty {
      throw Refusal(reasons + foreign.filter { $0.run != occupant }.map(\.refusal))
    }
    forgetReverted(ofRunsBut: name)
    return Welcome(version: Greeting.current.version, boot: try Clock.bootIdentity(), foreignLeases: foreign)
  }

  /// Why the host would refuse a run now. Takes no lock. The messages are those of `welcome`.
  func refusals() -> [Refusal] {
    let occupant = occupant(otherThan: nil)
    let reasons =
      operatorRefusals(of: nil) + (occupant.map { [.hostInUse(run: $0)] } ?? []) + unreadableLeases()
    let foreign = foreignLeases(otherThanOf: occupant.map { [$0] } ?? []).map(\.refusal)
    // Like `welcome`, the refusal has all reasons. Foreign leases alone don't refuse here; the controller refuses them.
    return reasons.isEmpty ? foreign : [Refusal(reasons + foreign)]
  }

  /// The decisions of the host's operators: the policy and the hold. A hold doesn't refuse the session of a run that
  /// was admitted before, since the run may have to revert its faults. That run gets no further lease.
  private func operatorRefusals(of name: String?) -> [Refusal] {
    var reasons: [Refusal] = []
    do {
      for line in try Policy.read(policyPath).warnings { outbox.send(.notice(.warning(line))) }
    } catch {
      reasons.append(.noPolicy(reason: "\(error)"))
    }
    if let held = hold.refusal(), !hasBeenLetIn(name) { reasons.append(held) }
    return reasons
  }

  private func hasBeenLetIn(_ name: String?) -> Bool {
    guard let name else { return false }
    return lockWords().first == name || statuses().known.contains { $0.run == name }
  }

  /// The run that owns the lock, according to the lock file. Ignored if that process has exited.
  private func occupant(otherThan name: String?) -> String? {
    let words = lockWords()
    guard words.count == 3, words[0] != name, let pid = Int32(words[1]), let started = UInt64(words[2]),
      (try? ProcessIdentity(pid: pid, started: started).state()) != nil
    else { return nil }
    return words[0]
  }

  private func lockWords() -> [String] {
    let bytes = (try? DurableFile.read(lockPath)) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
  }

  /// An unreadable lease may be an active fault, so no run begins.
  private func unreadableLeases() -> [Refusal] { statuses().unreadable }

  private func foreignLeases(otherThanOf runs: [String]) -> [LeaseStatus] {
    statuses().known.filter { !runs.contains($0.run) && !$0.isKnownToBeOver }
  }
}
