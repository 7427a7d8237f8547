import Foundation
import Scenario
import Testing

struct FleetBMCTests {
  @Test(
    "A Redfish service is named by its address, and by its port and the system if the fleet gives them",
    arguments: [
      ("https://10.0.3.2", nil, nil, "10.0.3.2", "10.0.3.2"),
      ("https://10.0.3.2/", nil, "/redfish/v1/Systems/1", "10.0.3.2", "10.0.3.2/redfish/v1/Systems/1"),
      ("https://bmc.example.org:8443", nil, nil, "bmc.example.org", "bmc.example.org:8443"),
      ("https://bmc.example.org:8443", "10.0.3.2", nil, "10.0.3.2", "10.0.3.2:8443"),
      ("https://[fd00::2]", nil, nil, "fd00::2", "fd00::2"),
      ("https://[fd00::2]:8443", nil, nil, "fd00::2", "[fd00::2]:8443"),
    ] as [(String, String?, String?, String, String)])
  func names(_ url: String, _ address: String?, _ system: String?, _ destination: String, _ name: String) {
    let bmc = Fleet.BMC(
      .redfish(.init(url, system: system, address: address)), user: "murphy", passwordFile: "/p")
    #expect(bmc.address == destination)
    #expect(bmc.name == name)
  }

  @Test("A BMC over IPMI has the form of former journals, and one over Redfish is read as it was written")
  func forms() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let ipmi = Fleet.BMC(ipmi: "10.0.3.2", user: "murphy", passwordFile: "/p")
    let text = #"{"ipmi":"10.0.3.2","passwordFile":"/p","user":"murphy"}"#
    #expect(String(decoding: try encoder.encode(ipmi), as: UTF8.self) == text)
    #expect(try JSONDecoder().decode(Fleet.BMC.self, from: Data(text.utf8)) == ipmi)
    let redfish = Fleet.BMC(
      .redfish(.init("https://10.0.3.2", system: "/redfish/v1/Systems/1", authority: "/ca")), user: "murphy",
      passwordFile: "/p")
    #expect(try JSONDecoder().decode(Fleet.BMC.self, from: encoder.encode(redfish)) == redfish)
  }
}
