import FoundationEssentials

/// Nagios plugins that an Icinga or Nagios would run: for the website over HTTP, and for ssh on each host.
struct NagiosPlugins: LabComponent {
  let network: LabNetwork

  let name = "nagios-plugins"

  private static let folder = "/usr/lib/nagios/plugins"

  func missing(for lab: Lab) -> [String] {
    ["check_http", "check_ssh"].filter {
      !FileManager.default.isExecutableFile(atPath: "\(Self.folder)/\($0)")
    }.map { "no \($0): apt-get install monitoring-plugins-basic" }
  }

  func add(to fleet: inout LabFleet, in lab: Lab) {
    let website = Website(network: network).address
    fleet.views.append("http-check: {command: [\(Self.folder)/check_http, -H, \(website), -t, \"3\"]}")
    fleet.views += lab.spec.hosts.map { host in
      "ssh-\(host.name): {command: [\(Self.folder)/check_ssh, -t, \"3\", \(network.address(of: host))]}"
    }
  }
}
