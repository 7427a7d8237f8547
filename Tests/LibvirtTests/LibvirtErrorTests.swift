import Foundation
import Libvirt
import Testing

@Suite(.timeLimit(.minutes(5))) struct LibvirtErrorTests {
  @Test("The error for an unknown domain has libvirt's code and text")
  func unknownDomainKeepsLibvirtsCodeAndText() throws {
    let host = try TestHost()
    let connection = try host.connect()
    let error = try #require(throws: LibvirtError.self) { _ = try connection.domain(named: "nobody") }
    #expect(error.code == .noDomain)
    #expect(error.code.rawValue == 42)
    #expect(error.domain == .test)
    #expect(error.level == .error)
    #expect(error.errno == nil)
    #expect(error.operation == "look up" && error.object == "domain nobody at \(host.uri)")
    #expect(!error.message.isEmpty && error.description.contains(error.message))
  }

  @Test("The error for an unknown UUID names it")
  func unknownUUIDNamesIt() throws {
    let uuid = UUID()
    let connection = try TestHost().connect()
    let error = try #require(throws: LibvirtError.self) { _ = try connection.domain(uuid: uuid) }
    #expect(error.code == .noDomain)
    #expect(error.object.contains(uuid.uuidString))
  }

  @Test("The error for a wrong state names the operation and the domain")
  func operationsInTheWrongStateSayWhichOnWhat() throws {
    let host = try TestHost()
    let domain = try host.connect().domain(named: "web")
    try domain.suspend()
    let error = try #require(throws: LibvirtError.self) { try domain.suspend() }
    // QEMU's driver has operationInvalid for this.
    #expect(error.code == .internalError)
    #expect(error.operation == "suspend")
    #expect(error.object == "domain web at \(host.uri)")
    #expect(try domain.state() == .paused(.user))
  }

  @Test("Malformed XML is refused")
  func malformedXMLIsRefused() throws {
    let connection = try TestHost().connect()
    let notXML = try #require(throws: LibvirtError.self) { _ = try connection.defineDomain(xml: "<domain") }
    #expect(notXML.code == .xmlDetail)
    let noName = try #require(throws: LibvirtError.self) {
      _ = try connection.createDomain(xml: "<domain type='test'><os><type>hvm</type></os></domain>")
    }
    #expect(noName.message.contains("name"))
  }

  @Test("The error for a missing daemon names its URI")
  func missingDaemonSaysSo() throws {
    let uri = "qemu+unix:///system?socket=/nonexistent/libvirt-sock"
    let error = try #require(throws: LibvirtError.self) { _ = try Connection.open(uri) }
    #expect(error.code == .systemError)
    #expect(error.errno == ENOENT)
    #expect(error.object == "connection to \(uri)")
  }

  @Test("An unknown URI is refused")
  func unknownURIIsRefused() throws {
    let error = try #require(throws: LibvirtError.self) { _ = try Connection.open("nonsense:///") }
    #expect(error.object == "connection to nonsense:///")
    #expect(error.code != .ok)
  }

  @Test("An unknown error code keeps its number")
  func numbersWithoutANameAreKept() {
    #expect(LibvirtError.Code(rawValue: 4711).rawValue == 4711)
    #expect(LibvirtError.Code(rawValue: 42) == .noDomain)
  }

  @Test("Each thread gets its own errors")
  func threadsDoNotMixTheirErrors() async throws {
    let connection = try TestHost().connect()
    let lookUp: @Sendable () throws(LibvirtError) -> Void = { () throws(LibvirtError) in
      _ = try connection.domain(named: "nobody")
    }
    let define: @Sendable () throws(LibvirtError) -> Void = { () throws(LibvirtError) in
      _ = try connection.defineDomain(xml: "<domain")
    }
    await withTaskGroup { group in
      for (operation, code) in [(lookUp, LibvirtError.Code.noDomain), (define, .xmlDetail)] {
        group.addTask {
          for _ in 0..<500 {
            #expect { try operation() } throws: { ($0 as? LibvirtError)?.code == code }
          }
        }
      }
    }
  }

  @Test("Libvirt prints no error to stderr")
  func nothingIsPrinted() async throws {
    let result = try #require(
      await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
        do {
          _ = try Connection.open("qemu+unix:///system?socket=/nonexistent/libvirt-sock")
        } catch {
          exit(EXIT_SUCCESS)
        }
        exit(EXIT_FAILURE)
      })
    #expect(!String(decoding: result.standardErrorContent, as: UTF8.self).contains("libvirt"))
  }
}
