import Testing

@testable import Probes

struct SheddingTests {
  private let shedding = Shedding()

  /// A request that was due at 0.
  private func request(at sent: Int64) -> ProbeRequest {
    ProbeRequest(token: 1, sequence: 1, scheduled: 0, sent: sent, timeout: 1000)
  }

  @Test("A request that is late by more than half an interval is not sent")
  func late() {
    #expect(shedding.result(of: request(at: 50), every: 100, lacks: false) == nil)
    #expect(shedding.result(of: request(at: 51), every: 100, lacks: false) == .unknown("late"))
    #expect(shedding.result(of: request(at: 51), every: 200, lacks: false) == nil)
  }

  @Test("Requests for which the machine lacks something take at most a tenth of the time")
  func lack() {
    var shedding = Shedding()
    #expect(shedding.result(of: request(at: 0), every: 100_000, lacks: true) == nil, "the first one is sent")
    // No probe gets a port, and each request needs a time of 7 to find this out.
    var spent: Int64 = 0
    var now: Int64 = 0
    while now < 10_000 {
      if shedding.result(of: request(at: now), every: 100_000, lacks: true) == nil {
        shedding.spend(from: now, until: now + 7)
        spent += 7
        now += 7
      } else {
        now += 1
      }
    }
    #expect((900...1010).contains(spent))
  }

  @Test("A lack of one probe does not hold back the others")
  func others() {
    var shedding = Shedding()
    shedding.spend(from: 0, until: 10)
    #expect(shedding.result(of: request(at: 11), every: 100_000, lacks: true) == .unsent)
    #expect(shedding.result(of: request(at: 11), every: 100_000, lacks: false) == nil)
    #expect(shedding.result(of: request(at: 100), every: 100_000, lacks: true) == nil)
  }
}
