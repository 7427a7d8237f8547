import FoundationEssentials
import Journal
import Scenario
import Testing

@Suite struct EntryTests {
  private static let audited =
    #"{"at":1500,"event":"writes.audited","trial":2,"value":{"probe":"writes","reads":[{"found":"#
    + #"{"bypassed":[],"digest":9,"missing":[],"older":[],"present":[[1,7]],"torn":[],"tornUnplaced":0},"#
    + #""place":{"kind":"service"}}]}}"#

  @Test("The tests cover every kind of event")
  func everyKindOfEventIsTried() {
    #expect(Set(EveryEvent.all.map(EveryEvent.number)) == Set(0..<EveryEvent.kinds))
  }

  @Test("An entry of each kind is one line, and is read as it was written", arguments: EveryEvent.all.indices)
  func readsBackEqual(_ index: Int) throws {
    let entry = Entry(at: Nanoseconds(Int64.max - Int64(index)), trial: index, event: EveryEvent.all[index])
    let line = try entry.json()
    #expect(!line.contains(UInt8(ascii: "\n")), "an entry is one line")
    #expect(try JSONDecoder().decode(Entry.self, from: line) == entry)
    #expect(try entry.json() == line, "the same entry is the same bytes")
  }

  @Test("Each phase is read as it was written", arguments: Phase.allCases)
  func readsBackEachPhase(_ phase: Phase) throws { try readsBack(.phaseBegan(phase)) }

  @Test("Each cause of a revert is read as it was written", arguments: RevertCause.allCases)
  func readsBackEachCause(_ cause: RevertCause) throws {
    try readsBack(.leaseReverting(lease: "l", cause: cause))
  }

  @Test("Each outcome of a recovery is read as it was written", arguments: RecoveryOutcome.allCases)
  func readsBackEachOutcome(_ outcome: RecoveryOutcome) throws { try readsBack(.recoveryEnded(outcome)) }

  private func readsBack(_ event: Event) throws {
    let entry = Entry(at: .zero, trial: 1, event: event)
    #expect(try JSONDecoder().decode(Entry.self, from: entry.json()) == entry)
  }

  @Test(
    "An entry keeps its bytes in every version, so that old journals stay readable",
    arguments: [
      (Event.phaseBegan(.faults), #"{"at":1500,"event":"phase.began","phase":"faults","trial":2}"#),
      (
        .leaseReverted(
          LeaseReverted(lease: "3f9a_1", at: Nanoseconds(12), uncertainty: Nanoseconds(3), cause: .kernel)),
        #"{"at":1500,"event":"lease.reverted","trial":2,"value":"#
          + #"{"at":12,"cause":"kernel","lease":"3f9a_1","uncertainty":3}}"#
      ),
      (
        .viewSeen(
          view: "storage", .storage(StorageState(bricksOnline: 2, bricks: 3, peersConnected: 2, peers: 3))),
        #"{"at":1500,"event":"view.seen","trial":2,"value":{"storage":{"bricks":3,"bricksOnline":2,"healBacklog":0,"#
          + #""peers":3,"peersConnected":2,"splitBrain":0}},"view":"storage"}"#
      ),
      (
        .hostLost(host: "falco", reason: "a/b \"c\""),
        #"{"at":1500,"event":"host.lost","host":"falco","reason":"a/b \"c\"","trial":2}"#
      ),
      (.runEnded(exitCode: 4), #"{"at":1500,"event":"run.ended","exit-code":4,"trial":2}"#),
      // Versions without bands and reasons wrote these bytes.
      (.baseline(reasons: []), #"{"at":1500,"event":"baseline","reasons":[],"trial":2}"#),
      (.recoveryEnded(.cap), #"{"at":1500,"event":"recovery.ended","outcome":"cap","trial":2}"#),
      (
        .baseline(reasons: [], bands: ["website": Nanoseconds(52)]),
        #"{"at":1500,"bands":{"website":52},"event":"baseline","reasons":[],"trial":2}"#
      ),
      (
        .recoveryEnded(.cap, unwell: ["falco: no answer"]),
        #"{"at":1500,"event":"recovery.ended","outcome":"cap","trial":2,"unwell":["falco: no answer"]}"#
      ),
      (
        .runRefused(reasons: ["falco: held"]),
        #"{"at":1500,"event":"run.refused","reasons":["falco: held"],"trial":2}"#
      ),
      (
        .runAborted(reason: "interrupted by SIGINT"),
        #"{"at":1500,"event":"run.aborted","reason":"interrupted by SIGINT","trial":2}"#
      ),
      (
        .faultsActive(["falco: host.unplug eth0"]),
        #"{"at":1500,"event":"faults.active","faults":["falco: host.unplug eth0"],"trial":2}"#
      ),
      (
        .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...7], digest: 9))),
        Self.audited
      ),
      (
        .residueAudited(host: "falco", differences: []),
        #"{"at":1500,"differences":[],"event":"residue.audited","host":"falco","trial":2}"#
      ),
      (
        .residueAudited(
          host: "falco",
          differences: [StateDifference(.new, "mount /mnt", by: .others, because: "no fault mounts")],
          uncompared: ["domains"]),
        #"{"at":1500,"differences":[{"because":"no fault mounts","by":"others","change":"new","#
          + #""line":"mount /mnt"}],"event":"residue.audited","host":"falco","trial":2,"#
          + #""uncompared":["domains"]}"#
      ),
    ])
  func hasTheseBytes(_ event: Event, _ bytes: String) throws {
    let entry = Entry(at: Nanoseconds(1500), trial: 2, event: event)
    #expect(String(decoding: try entry.json(), as: UTF8.self) == bytes)
    #expect(try JSONDecoder().decode(Entry.self, from: Data(bytes.utf8)) == entry)
  }

  /// Earlier versions wrote a difference as a string, without a cause: it counts.
  @Test("A difference without a cause, as earlier versions wrote it, is read and counts")
  func aDifferenceOfAnEarlierVersionIsRead() throws {
    let line =
      #"{"at":1,"differences":["missing: link eth1 up"],"event":"residue.audited","host":"falco","trial":1}"#
    let entry = try JSONDecoder().decode(Entry.self, from: Data(line.utf8))
    let difference = StateDifference(nil, "missing: link eth1 up", by: .perhapsMurphy, because: "")
    #expect(entry.event == .residueAudited(host: "falco", differences: [difference]))
    #expect(difference.counts && "\(difference)" == "missing: link eth1 up")
  }

  @Test("An event of an unknown kind is kept, with its time, trial and name")
  func unknownEvent() throws {
    let line = Data(#"{"at":1,"event":"moon.fell","trial":2,"value":{"on":["falco"]}}"#.utf8)
    let entry = try JSONDecoder().decode(Entry.self, from: line)
    #expect(entry == Entry(at: Nanoseconds(1), trial: 2, event: .unknown(kind: "moon.fell")))
  }

  @Test("An event of a known kind without its required fields is an error")
  func incompleteEvent() {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Entry.self, from: Data(#"{"at":1,"event":"host.lost","trial":1}"#.utf8))
    }
  }
}
