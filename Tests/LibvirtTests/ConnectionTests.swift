import Foundation
import Libvirt
import Testing

@Suite(.timeLimit(.minutes(5))) struct ConnectionTests {
  @Test("A connection reports versions, hostname and URI")
  func reportsVersionsAndHostname() throws {
    let host = try TestHost()
    let connection = try host.connect()
    // The test driver calls itself version 0.0.2, and runs inside this process's own library.
    #expect(try connection.hypervisorVersion() == Version(major: 0, minor: 0, release: 2))
    #expect(try connection.libvirtVersion() >= Version(major: 8, minor: 0, release: 0))
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count)
    let own = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    // libvirt may answer with the qualified name.
    #expect(try connection.hostname().hasPrefix(own))
    #expect(try connection.isAlive())
    #expect(connection.uri == host.uri)
  }

  @Test("A connection reports the host's capabilities")
  func reportsCapabilities() throws {
    let connection = try TestHost().connect()
    #expect(try connection.capabilities().contains("<domain type='test'/>"))
    #expect(try connection.hostUUID() == nil)
  }

  @Test("A domain is found by name and by UUID")
  func findsDomainsByNameAndUUID() throws {
    let uuid = UUID()
    let connection = try TestHost(domain: "web", uuid: uuid).connect()
    #expect(try connection.domain(named: "web").uuid == uuid)
    #expect(try connection.domain(uuid: uuid).name == "web")
  }

  @Test("Domains are listed by activity")
  func listsDomainsByActivity() throws {
    let connection = try TestHost(domain: "web").connect()
    _ = try connection.defineDomain(xml: TestHost.xml(domain: "spare"))
    #expect(Set(try connection.domains().map(\.name)) == ["web", "spare"])
    #expect(try connection.domains(.active).map(\.name) == ["web"])
    #expect(try connection.domains(.inactive).map(\.name) == ["spare"])
  }

  @Test("The list of inactive domains can be empty")
  func listsNoDomains() throws {
    let connection = try TestHost(domain: "web").connect()
    #expect(try connection.domains(.inactive).isEmpty)
  }

  @Test("Connections to different hosts list different domains")
  func keepsConnectionsToDifferentHostsApart() throws {
    let one = try TestHost(domain: "one").connect()
    let other = try TestHost(domain: "other").connect()
    try one.domain(named: "one").suspend()
    #expect(try one.domains().map(\.name) == ["one"])
    #expect(try other.domains().map(\.name) == ["other"])
    #expect(try other.domain(named: "other").state() == .running(.unknown))
  }

  @Test("A read-only connection refuses changes")
  func readOnlyRefusesToChange() throws {
    let connection = try TestHost(domain: "web").connect(.readOnly)
    let domain = try connection.domain(named: "web")
    let error = try #require(throws: LibvirtError.self) { try domain.suspend() }
    #expect(error.code == .operationDenied)
    #expect(try domain.state() == .running(.unknown))
  }

  @Test("A connection stays open as long as one of its domains is used")
  func domainsKeepTheirConnectionOpen() throws {
    var connection: Connection? = try TestHost(domain: "web").connect()
    weak let observed = connection
    var domain = try connection?.domain(named: "web")
    connection = nil
    #expect(observed != nil)
    #expect(try domain?.isActive() == true)
    domain = nil
    #expect(observed == nil)
  }

  @Test("Versions are compared as numbers")
  func versionsCompareByNumber() {
    let version = Version(major: 9, minor: 10, release: 2)
    #expect(version.description == "9.10.2")
    #expect(Version(major: 9, minor: 9, release: 9) < version)
    #expect(version < Version(major: 10, minor: 0, release: 0))
  }
}
