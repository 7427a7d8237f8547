/// net-snmp's agent on each host, for queries by a network management system. It watches the host's glusterd, and shows
/// in `prErrorFlag` (1.3.6.1.4.1.2021.2.1.100.1) whether it runs.
struct Snmpd: LabComponent {
  let network: LabNetwork

  let name = "snmp"
  let programs: KeyValuePairs = ["snmpd": ["snmpd"], "snmp": ["snmpget"]]

  private static let flag = "1.3.6.1.4.1.2021.2.1.100.1"

  func files(on host: LabHost, in lab: Lab) -> [String: String] {
    [
      "etc/snmp/lab.conf": """
      agentAddress udp:\(network.address(of: host)):161
      rocommunity lab
      sysName \(host.name)
      proc glusterd 1 1

      """
    ]
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    [
      LabService(
        part: .snmp, daemon: "snmpd", log: "/var/log/snmpd.log",
        start: """
          setsid -f snmpd -f -C -c /etc/snmp/lab.conf -Lf /var/log/snmpd.log -p /run/snmpd.pid \\
            > /dev/null 2>&1 < /dev/null
          """,
        ask: .fromController([
          "snmpget", "-m", "", "-v", "2c", "-c", "lab", "-t", "1", "-r", "1", "-Oqv",
          network.address(of: host),
          "1.3.6.1.2.1.1.5.0",
        ]), patience: 20)
    ]
  }

  func add(to fleet: inout LabFleet, in lab: Lab) {
    fleet.views += lab.spec.hosts(of: name).map { host in
      "snmp-\(host.name): {snmp: \"\(network.address(of: host))\", community: lab, oid: \(Self.flag), unwell: \"!= 0\"}"
    }
  }
}

extension LabPart {
  package static let snmp = LabPart(rawValue: "snmp")
}
