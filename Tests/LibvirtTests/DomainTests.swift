import Foundation
import Libvirt
import Testing

@Suite(.timeLimit(.minutes(5))) struct DomainTests {
  @Test("A domain is suspended and resumed")
  func suspendsAndResumes() throws {
    let domain = try TestHost().connect().domain(named: "web")
    try domain.suspend()
    #expect(try domain.state() == .paused(.user))
    #expect(try domain.isActive())
    try domain.resume()
    #expect(try domain.state() == .running(.unpaused))
  }

  @Test("A domain keeps metadata per namespace until they are removed")
  func keepsMetadataWithTheGuest() throws {
    let domain = try TestHost().connect().domain(named: "web")
    #expect(try domain.metadata(namespace: "urn:test:a") == nil)
    for name in ["one", "two"] {
      try domain.setMetadata("<note name='\(name)'/>", key: "test", namespace: "urn:test:a")
      #expect(try domain.metadata(namespace: "urn:test:a")?.contains(name) == true)
    }
    #expect(try domain.metadata(namespace: "urn:test:b") == nil)
    for _ in 0..<2 { try domain.setMetadata(nil, key: "test", namespace: "urn:test:a") }
    #expect(try domain.metadata(namespace: "urn:test:a") == nil)
    try domain.destroy()
    let error = #expect(throws: LibvirtError.self) { _ = try domain.metadata(namespace: "urn:test:a") }
    #expect(error?.code == .operationInvalid)
  }

  @Test("A domain is destroyed and created again")
  func destroysAndCreatesAgain() throws {
    let domain = try TestHost().connect().domain(named: "web")
    try domain.destroy()
    #expect(try domain.state() == .shutOff(.destroyed))
    #expect(try !domain.isActive())
    try domain.create()
    #expect(try domain.state() == .running(.booted))
    #expect(try domain.isActive())
  }

  @Test("A domain is destroyed gracefully")
  func destroysGracefully() throws {
    let domain = try TestHost().connect().domain(named: "web")
    try domain.destroy(graceful: true)
    #expect(try domain.state() == .shutOff(.destroyed))
  }

  @Test("Each run of a domain has its own id")
  func reportsTheIDOfEachRun() throws {
    let connection = try TestHost().connect()
    let domain = try connection.domain(named: "web")
    let first = try #require(try domain.id())
    // Another handle stops and starts it: the id in this handle is now outdated.
    let other = try connection.domain(named: "web")
    try other.destroy()
    #expect(try domain.id() == nil)
    try other.create()
    #expect(try #require(try domain.id()) != first)
  }

  @Test("A domain reports memory, CPUs and CPU time")
  func reportsMemoryCPUsAndTime() throws {
    let domain = try TestHost().connect().domain(named: "web")
    let info = try domain.info()
    #expect(info.maximumMemoryKiB == 32 * 1024)
    #expect(info.memoryKiB == 32 * 1024)
    #expect(info.virtualCPUs == 2)
    // The test driver uses the host's wall clock as a guest's CPU time.
    #expect(info.cpuTimeNanoseconds > 1_000_000_000_000_000_000)
  }

  @Test("A domain's XML has its name and UUID")
  func describesItselfInXML() throws {
    let uuid = UUID()
    let xml = try TestHost(domain: "web", uuid: uuid).connect().domain(named: "web").xmlDescription()
    #expect(xml.contains("<name>web</name>"))
    #expect(xml.contains(uuid.uuidString.lowercased()))
  }

  @Test("A defined domain exists until it is undefined")
  func definedDomainsStayUntilUndefined() throws {
    let connection = try TestHost().connect()
    let uuid = UUID()
    let domain = try connection.defineDomain(xml: TestHost.xml(domain: "spare", uuid: uuid))
    #expect(domain.name == "spare")
    #expect(domain.uuid == uuid)
    #expect(try domain.state() == .shutOff(.unknown))
    try domain.create()
    try domain.destroy()
    #expect(try connection.domains(.inactive).map(\.name) == ["spare"])
    try domain.undefine()
    #expect(try connection.domains(.inactive).isEmpty)
  }

  @Test("A transient domain is gone after it is destroyed")
  func createdDomainsVanishWhenDestroyed() throws {
    let connection = try TestHost().connect()
    let domain = try connection.createDomain(xml: TestHost.xml(domain: "transient"))
    #expect(try domain.state() == .running(.booted))
    try domain.destroy()
    #expect(try connection.domains().map(\.name) == ["web"])
  }
}
