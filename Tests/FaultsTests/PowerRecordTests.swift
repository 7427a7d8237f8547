import Foundation
import HostTesting
import Scenario
import Testing

@testable import Faults

/// Assignments and undo records of `host.power`, which may be older than the version that reads them.
struct PowerRecordTests {
  private static let access = #""address":"10.0.0.2","cipherSuite":3,"host":"falco""#

  @Test("An order and a record over IPMI have the form of former versions") func flat() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = #"{\#(Self.access),"mode":"off","passwordFile":"/etc/murphy/bmc","user":"murphy"}"#
    let order = try order("host.power", ["mode": "off"])
    let fault = try #require(order.fault as? HostPower)
    #expect(String(decoding: try encoder.encode(fault), as: UTF8.self) == text)
    let undo = try order.snapshot(for: "a1", using: Instruments())
    let record = try JSONDecoder().decode(HostPower.Undo.self, from: undo)
    #expect(
      String(decoding: try encoder.encode(record), as: UTF8.self)
        == #"{\#(Self.access),"passwordFile":"/etc/murphy/bmc","user":"murphy"}"#)
    let read = try JSONDecoder().decode(HostPower.self, from: Data(text.utf8))
    #expect(read.object == "falco's power (off)" && read.footprint == [Resource(.bmc, "10.0.0.2")])
  }

  @Test("An order over Redfish has no cipher suite, so a former version refuses it") func redfish() throws {
    let service = Fleet.Redfish("https://10.0.0.2", system: "/redfish/v1/Systems/1")
    let access = Fleet.BMC(.redfish(service), user: "murphy", passwordFile: "/etc/murphy/bmc")
    let order = try order("host.power", ["mode": "off"], bmc: access)
    let fault = try #require(order.fault as? HostPower)
    let text = String(decoding: try JSONEncoder().encode(fault), as: UTF8.self)
    #expect(!text.contains("cipherSuite"))
    let read = try JSONDecoder().decode(HostPower.self, from: Data(text.utf8))
    #expect(read.footprint == [Resource(.bmc, "10.0.0.2/redfish/v1/Systems/1")])
  }
}
