import Foundation
import Libvirt
import Testing

@Suite(.timeLimit(.minutes(5))) struct DomainEventTests {
  @Test("The events of a domain's life arrive in order with their times")
  func reportsALifeInOrder() async throws {
    let uuid = UUID()
    let connection = try TestHost().connect()
    let stream = try connection.domainEvents()
    let before = monotonicNanoseconds()

    let domain = try connection.defineDomain(xml: TestHost.xml(domain: "spare", uuid: uuid))
    try domain.create()
    try domain.suspend()
    try domain.resume()
    try domain.destroy()
    try domain.undefine()

    let events = await stream.first(6)
    #expect(events.map(\.kind) == [.defined, .started, .suspended, .resumed, .stopped, .undefined])
    // Of `stopped`, 1 is "destroyed"; the others are the first of their kind: added, booted, paused…
    #expect(events.map(\.detail) == [0, 0, 0, 0, 1, 0])
    #expect(events.allSatisfy { $0.name == "spare" && $0.uuid == uuid })
    let stamps = events.map(\.monotonicNanoseconds)
    #expect(stamps == stamps.sorted())
    #expect(stamps.allSatisfy { (before...monotonicNanoseconds()).contains($0) })
  }

  @Test("Every stream of a connection gets every event")
  func everyStreamGetsEveryEvent() async throws {
    let connection = try TestHost().connect()
    let streams = [try connection.domainEvents(), try connection.domainEvents()]
    try connection.domain(named: "web").suspend()
    for stream in streams {
      #expect(await stream.first(1).map(\.kind) == [.suspended])
    }
  }

  @Test("A connection gets only events of its own host")
  func connectionsGetOnlyEventsOfTheirHost() async throws {
    let one = try TestHost(domain: "one").connect()
    let other = try TestHost(domain: "other").connect()
    let stream = try one.domainEvents()
    try other.domain(named: "other").suspend()
    try one.domain(named: "one").suspend()
    #expect(await stream.first(1).map(\.name) == ["one"])
  }

  @Test("A stream keeps its connection open until it is released")
  func streamsKeepTheirConnectionUntilReleased() async throws {
    weak var observed: Connection?
    do {
      var connection: Connection? = try TestHost().connect()
      observed = connection
      let stream = try #require(connection).domainEvents()
      try connection?.domain(named: "web").suspend()
      connection = nil
      #expect(observed != nil)
      #expect(await stream.first(1).map(\.kind) == [.suspended])
    }
    try await eventually("the connection closes") { observed == nil }
  }

  @Test("A cancelled reader releases its connection")
  func cancelledReadersReleaseTheirConnection() async throws {
    weak var observed: Connection?
    do {
      let connection = try TestHost().connect()
      observed = connection
      let stream = try connection.domainEvents()
      let reader = Task { for await _ in stream {} }
      reader.cancel()
      await reader.value
    }
    try await eventually("the connection closes") { observed == nil }
  }
}
