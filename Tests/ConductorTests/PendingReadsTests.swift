import Journal
import Scenario
import Testing

@testable import Conductor

@Suite struct PendingReadsTests {
  private static let mount = RecordsRead.Place(.mount, host: "falco", path: "/srv/web.img")
  private static let replica = RecordsRead.Place(.replica, host: "falco", path: "/bricks/web.img")
  private static let probe = Fleet.Probe(
    name: "writes", kind: .append, target: "tcp://10.77.2.101:7000",
    options: [
      "mounts": .array([.object(["host": .string("falco"), "path": .string("/srv/web.img")])]),
      "replicas": .array([.object(["host": .string("falco"), "path": .string("/bricks/web.img")])]),
    ])

  private func read(_ place: RecordsRead.Place, _ present: NumberRanges) -> RecordsRead {
    RecordsRead(place, found: RecordsFound(present: present))
  }

  @Test("Each place is read once, and the audit is final when all have the same records")
  func same() {
    var reads = PendingReads(of: Self.probe, at: .zero)
    #expect(reads.due(at: .zero) == [.service, Self.mount, Self.replica])
    #expect(reads.due(at: .seconds(50)) == [])
    for place in [Self.mount, .service, Self.replica] {
      #expect(reads.final(at: .seconds(1)) == nil)
      reads.take(read(place, [1...9]), at: .seconds(1))
    }
    #expect(reads.final(at: .seconds(1))?.reads.map(\.place) == [.service, Self.mount, Self.replica])
  }

  @Test("While a replica differs, all places are read again")
  func healing() {
    var reads = PendingReads(of: Self.probe, at: .zero)
    _ = reads.due(at: .zero)
    reads.take(read(.service, [1...9]), at: .seconds(1))
    reads.take(read(Self.mount, [1...9]), at: .seconds(1))
    reads.take(read(Self.replica, [1...5]), at: .seconds(1))
    #expect(reads.final(at: .seconds(1)) == nil)
    #expect(reads.due(at: .seconds(3)) == [.service, Self.mount, Self.replica])
    reads.take(read(Self.replica, [1...9]), at: .seconds(4))
    #expect(reads.final(at: .seconds(4))?.reads.allSatisfy { $0.found?.present == [1...9] } == true)
  }

  @Test("A place that stays unreadable or different is reported after 90 s")
  func patience() {
    var reads = PendingReads(of: Self.probe, at: .zero)
    var now = Nanoseconds.zero
    while reads.final(at: now) == nil, now < .seconds(300) {
      for place in reads.due(at: now) {
        let found = read(place, [1...9])
        reads.take(place == Self.replica ? RecordsRead(place, unreadable: "no answer") : found, at: now)
      }
      now = now + .seconds(1)
    }
    #expect(now >= .seconds(90) && now < .seconds(95))
    #expect(reads.final(at: now)?.reads[2].unreadable == "no answer")
  }

  @Test(
    "A place whose host is cut off during its read is reported as not read after 20 s, unless the host returns"
  )
  func cutOff() {
    for returns in [false, true] {
      var reads = PendingReads(of: Self.probe, at: .zero)
      _ = reads.due(at: .zero)
      reads.take(read(.service, [1...9]), at: .seconds(1))
      reads.take(read(Self.mount, [1...9]), at: .seconds(1))
      // The read of the replica is awaited.
      reads.lose("falco", at: .seconds(5))
      reads.lose("dauntless", at: .seconds(5))
      #expect(reads.final(at: .seconds(5)) == nil)
      #expect(reads.due(at: .seconds(24)) == [Self.replica])
      reads.lose("falco", at: .seconds(24))
      #expect(reads.final(at: .seconds(24)) == nil)
      #expect(reads.due(at: .seconds(26)) == [Self.replica])
      if returns {
        reads.regain("falco")
        reads.take(read(Self.replica, [1...9]), at: .seconds(26))
      } else {
        reads.take(RecordsRead(Self.replica, unreadable: PendingReads.silent("falco")), at: .seconds(26))
      }
      let replica = reads.final(at: .seconds(26))?.reads.last
      #expect(replica?.unreadable == (returns ? nil : "falco does not answer"))
      #expect((replica?.found != nil) == returns)
    }
  }

  @Test("A read that was not awaited is ignored")
  func late() {
    var reads = PendingReads(of: Self.probe, at: .zero)
    reads.take(read(.service, [1...9]), at: .zero)
    #expect(reads.audit(missing: "why").reads[0].unreadable == "why")
  }
}
