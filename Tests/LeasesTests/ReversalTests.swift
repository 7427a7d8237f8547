import AgentProtocol
import Journal
import Scenario
import Testing

@testable import Leases

@Suite struct ReversalTests {
  private let past = Revert(at: .seconds(5), cause: .deadline, residue: [], boot: "b1")

  @Test("A revert locks, observes, undoes and logs, in this order")
  func order() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    let revert = host.revert(.of())
    #expect(host.acts == ["lock", "log", "judge", "note", "undo", "synced note"])
    #expect(revert.cause == .watchdog && revert.residue.isEmpty && revert.boot == "b1")
    #expect(revert.lastObservation == LastObservation(lastActive: .seconds(20)))
    #expect(host.noted.count == 2)
  }

  @Test("The observation of an effect that outlives a boot survives a loss of power after its undo")
  func orderOfALastingEffect() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    _ = host.revert(.of(outlivesBoot: true))
    #expect(host.acts == ["lock", "log", "judge", "synced note", "undo", "synced note"])
  }

  @Test("A lease whose revert is logged is not undone again")
  func idempotent() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen), .reverted(past))])
    #expect(host.revert(.of()) == past)
    #expect(host.acts == ["lock", "log"])
  }

  @Test("A lease in doubt is undone again though its log has a revert")
  func doubt() {
    var host = ScriptedHost(logs: [.after(.injecting, .reverted(past))])
    #expect(host.revert(.of()) != past)
    #expect(host.acts.contains("undo"))
  }

  @Test("A lease is known to be over after its revert, once its injection is confirmed or has ended")
  func knownToBeOver() {
    #expect(!LeaseStatus.after(.injecting, .reverted(past)).isKnownToBeOver)
    #expect(LeaseStatus.after(.reverted(past)).isKnownToBeOver)
    #expect(LeaseStatus.after(.injecting, .injectionEnded, .reverted(past)).isKnownToBeOver)
    #expect(!LeaseStatus.after(.injecting, .injectionEnded).isKnownToBeOver)
    #expect(LeaseStatus.after(.injecting, .reverted(past), .effective(.seen)).isKnownToBeOver)
  }

  @Test("A revert waits 50 ms for another process's lock, then continues without it")
  func lock() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    host.busy = 1000
    let begun = host.now
    _ = host.revert(.of())
    #expect(host.now - begun == Reversal.lockPatience)
    #expect(host.acts.contains("undo"))

    var freed = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    freed.busy = 3
    let start = freed.now
    _ = freed.revert(.of())
    #expect(freed.now - start == Nanoseconds(3 * Reversal.lockInterval.count))
  }

  @Test("A revert with residue returns it and logs no end")
  func residue() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    host.residue = ["eth0 is down"]
    #expect(host.revert(.of()).residue == ["eth0 is down"])
    #expect(host.acts.last == "undo")
  }

  @Test("The undo of another boot is not applied, and the end is logged")
  func otherBoot() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    let revert = host.revert(.of(), boot: "b2")
    #expect(!host.acts.contains("undo"))
    #expect(host.acts.last == "synced note")
    #expect(revert.lastObservation?.ended?.cause == .reboot)
  }

  @Test(
    "A fault that outlives a boot, such as another machine's loss of power, is also undone in the next boot")
  func outlivesBoot() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    let revert = host.revert(.of(outlivesBoot: true), boot: "b2")
    #expect(host.acts.contains("undo"))
    #expect(revert.lastObservation?.lastActive == .seconds(20) && revert.lastObservation?.ended == nil)
    // The time of the earlier observation is on the clock of an earlier boot.
    host.judgement = .inactive(reason: "on", answered: .seconds(21), boottime: .seconds(21))
    let ended = host.observe(.of(outlivesBoot: true), boot: "b2")?.ended
    #expect(ended?.cause == .others && ended?.lastActive == nil)
  }

  @Test("After an observation by the caller, there is no other observation")
  func observed() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    let observation = LastObservation(lastActive: .seconds(19))
    #expect(host.revert(.of(), after: observation).lastObservation == observation)
    #expect(host.acts == ["lock", "log", "undo", "synced note"])
  }
}

@Suite struct FinalObservationTests {
  private static let gone = ReversalEvent.Judgement.inactive(
    reason: "no table", answered: .seconds(21), boottime: .seconds(21))

  @Test("A fault that was never injected isn't observed")
  func neverInjected() {
    var host = ScriptedHost(logs: [.after()])
    #expect(host.observe(.of()) == nil)
    #expect(host.acts == ["log"])
  }

  @Test("A fault that no process saw active was not ended by another program")
  func neverSeenActive() {
    // The injection was begun, and the revert is requested before the fault takes effect.
    var host = ScriptedHost(logs: [.after(.injecting)])
    host.judgement = Self.gone
    #expect(host.observe(.of()) == LastObservation())
    // A process that saw it active knows more than the log.
    var other = ScriptedHost(logs: [.after(.injecting)])
    other.judgement = Self.gone
    #expect(other.observe(.of(), seen: .seconds(15))?.ended?.lastActive == .seconds(15))
  }

  @Test("The first observation counts")
  func first() {
    let noted = LastObservation(lastActive: .seconds(12))
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen), .reverting(noted))])
    #expect(host.observe(.of()) == noted)
    #expect(!host.acts.contains("judge"))
  }

  @Test("A fault that is inactive was ended by others between the last observation and this one")
  func ended() {
    var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
    host.judgement = Self.gone
    let end = host.observe(.of(expires: true))?.ended
    #expect(end?.cause == .others && end?.lastActive == .seconds(10) && end?.firstEnded == .seconds(21))
  }

  @Test(
    "After the deadline, an expiring fault counts as ended by the kernel, and every other fault as ended by another program"
  )
  func timedOut() {
    for (expires, cause) in [(true, EndCause.kernel), (false, .others)] {
      var host = ScriptedHost(logs: [.after(.injecting, .effective(.seen))])
      host.judgement = .inactive(reason: "", answered: .seconds(101), boottime: .seconds(101))
      #expect(host.observe(.of(expires: expires))?.ended?.cause == cause)
    }
  }

  @Test("An undo by another process of Murphy doesn't count as an end by others")
  func race() {
    let noted = LastObservation(lastActive: .seconds(20))
    var host = ScriptedHost(logs: [
      .after(.injecting, .effective(.seen)), .after(.injecting, .effective(.seen), .reverting(noted)),
    ])
    host.judgement = Self.gone
    #expect(host.observe(.of()) == noted)
  }

  @Test("A log that can't be read, or a failed check of the effect, gives no observation")
  func unknown() {
    var host = ScriptedHost(logs: [nil])
    host.judgement = .unknown
    #expect(host.observe(.of(), seen: .seconds(15)) == LastObservation(lastActive: .seconds(15)))
  }
}
