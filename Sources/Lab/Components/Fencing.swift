/// Fencing by the hosts' BMCs: for each host a Pacemaker resource with the agent fence_ipmilan. Pacemaker runs a resource
/// on any host except the one that it fences.
struct Fencing: LabComponent {
  let bmc: BMC
  /// fence_ipmilan's method: `onoff` waits until the host is off, `cycle` doesn't see it off.
  let method: String

  let name = "fencing"
  let programs: KeyValuePairs = ["fence-agents": ["fence_ipmilan"], "ipmitool": ["ipmitool"]]

  private static let passwordFile = "etc/lab/fencing-password"

  func mounts(in lab: Lab) -> [String: String] { [Self.passwordFile: bmc.fencerPasswordFile(in: lab)] }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    [
      LabService(
        part: .fencing, daemon: "pacemaker-fenced", log: "/var/log/pacemaker/pacemaker.log",
        after: [.pacemaker],
        ask: .inHost(
          """
          output=$(crm_resource --resource "fence-$1" --locate 2>&1) || { echo "$output"; exit 1; }
          echo "$output" | grep 'is running on: ' || { echo "$output"; exit 1; }
          """),
        patience: 60)
    ]
  }

  private func id(of host: LabHost) -> String { "fence-\(host.name)" }

  /// `<primitive>` elements of Pacemaker's configuration.
  func resources(in lab: Lab) -> [String] {
    lab.spec.hosts(of: name).map { host in
      let id = id(of: host)
      let parameters = [
        ("pcmk_host_list", host.name), ("ip", bmc.address(of: host)), ("username", BMC.fencer.name),
        ("password_script", "cat /\(Self.passwordFile)"), ("lanplus", "1"), ("cipher", "3"),
        ("method", method),
      ]
      let pairs = parameters.map { #"    <nvpair id="\#(id)-\#($0)" name="\#($0)" value="\#($1)"/>"# }
      return """
        <primitive id="\(id)" class="stonith" type="fence_ipmilan">
          <instance_attributes id="\(id)-parameters">
        \(pairs.joined(separator: "\n"))
          </instance_attributes>
          <operations>
            <op id="\(id)-monitor" name="monitor" interval="60s" timeout="20s"/>
          </operations>
        </primitive>
        """
    }
  }

  /// `<rsc_location>` elements.
  func constraints(in lab: Lab) -> [String] {
    lab.spec.hosts(of: name).map { host in
      let id = id(of: host)
      return #"<rsc_location id="\#(id)-elsewhere" rsc="\#(id)" node="\#(host.name)" score="-INFINITY"/>"#
    }
  }
}

extension LabPart {
  /// The Pacemaker resource that fences the host.
  package static let fencing = LabPart(rawValue: "fencing")
}
