import AgentProtocol
import Faults
import Glibc
import Journal
import Leases
import Linux
import Scenario

extension Session {
  /// Gives the host to a run, or refuses it for all reasons at once.
  func welcome(_ name: String) throws -> Welcome {
    if let run = course.run, run != name { throw AgentRefusal("this session is run \(run)'s already") }
    let occupant = occupant(otherThan: name)
    var reasons = closings(to: name)
    if reasons.isEmpty {
      course.begin(name)
      do {
        try takeLock(for: name)
        if course.holdsLock { try folder.dropUnfinished() }
      } catch {
        reasons.append("\(error)")
      }
    } else if let occupant {
      reasons.append(Self.occupied(by: occupant))
    }
    reasons += unreadableLeases()
    let strangers = strangers(to: [name])
    if !reasons.isEmpty {
      reasons += strangers.filter { $0.run != occupant }.map(\.stillStands)
      throw AgentRefusal(reasons.joined(separator: "; "))
    }
    dropLifted(ofRunsBut: name)
    return Welcome(version: Greeting.current.version, boot: try Clock.bootIdentity(), strangers: strangers)
  }

  /// Why a run would be refused here now, in the words that it would hear. Takes nothing.
  func obstacles() -> [String] {
    let occupant = occupant(otherThan: nil)
    let reasons = closings(to: nil) + (occupant.map { [Self.occupied(by: $0)] } ?? []) + unreadableLeases()
    let strangers = strangers(to: occupant.map { [$0] } ?? []).map(\.stillStands)
    // `welcome` refuses with all reasons in one, and leaves foreign leases alone to the controller, a line each.
    return reasons.isEmpty ? strangers : [(reasons + strangers).joined(separator: "; ")]
  }

  /// What the host's own people say: the policy, and the hold. A hold doesn't keep out a run that the host has let in
  /// before, since that one may come again to end its faults; it gets no further lease.
  private func closings(to name: String?) -> [String] {
    var reasons: [String] = []
    do {
      for line in try Policy.read(policyPath).warnings { outbox.send(.notice(.warning(line))) }
    } catch {
      reasons.append("\(error)")
    }
    if let held = hold.refusal(), !hasBeenLetIn(name) { reasons.append(held) }
    return reasons
  }

  private func hasBeenLetIn(_ name: String?) -> Bool {
    guard let name else { return false }
    return lockWords().first == name || standings().contains { $0.run == name }
  }

  static func occupied(by run: String) -> String {
    "run \(run) has this host; wait for it, or end it on its controller, then try again"
  }

  /// The run that owns the lock, according to the lock file. Ignored if that process has exited.
  private func occupant(otherThan name: String?) -> String? {
    let words = lockWords()
    guard words.count == 3, words[0] != name, let pid = Int32(words[1]), let started = UInt64(words[2]),
      let state = try? ProcessIdentity(pid: pid, started: started).state(), state != "Z"
    else { return nil }
    return words[0]
  }

  private func lockWords() -> [String] {
    let bytes = (try? DurableFile.read(lockPath)) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
  }

  /// What can't be read may be a fault that holds: no run begins beside it.
  private func unreadableLeases() -> [String] {
    do {
      return try folder.names().compactMap { name in
        do {
          _ = try folder.read(name)
          return nil
        } catch {
          return "\(error)"
        }
      }
    } catch {
      return ["\(error)"]
    }
  }

  private func strangers(to runs: [String]) -> [LeaseStanding] {
    standings().filter { !runs.contains($0.run) && $0.revert == nil }
  }
}
