/// OpenSSH's server, which accepts only the lab's key.
struct Sshd: LabComponent {
  let network: LabNetwork

  let name = "ssh"
  let programs: KeyValuePairs = ["openssh-server": ["sshd"], "openssh-client": ["ssh", "ssh-keygen"]]
  let folders = ["etc/ssh"]

  func files(on host: LabHost, in lab: Lab) -> [String: String] {
    [
      "etc/ssh/sshd_config": """
      ListenAddress \(network.address(of: host))
      HostKey /etc/ssh/ssh_host_ed25519_key
      AuthorizedKeysFile /etc/ssh/authorized_keys
      PermitRootLogin prohibit-password
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      UsePAM no
      UseDNS no
      MaxStartups 100
      PidFile /run/sshd.pid
      SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

      """
    ]
  }

  func names(in lab: Lab) -> [(address: String, name: String)] {
    lab.spec.hosts(of: name).map { (network.address(of: $0), $0.name) }
  }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    let key = "\(lab.state)/ssh/id_ed25519"
    try lab.makeFolder("\(lab.state)/ssh")
    try await Self.generate(key, comment: "lab-\(lab.name)")
    let authorized = try lab.read("\(key).pub")
    var known = ""
    for host in lab.spec.hosts(of: name) {
      let hostKey = lab.own("/etc/ssh/ssh_host_ed25519_key", of: host)
      try await Self.generate(hostKey, comment: host.name)
      try lab.write(authorized, to: lab.own("/etc/ssh/authorized_keys", of: host))
      known += "\(host.name) \(try lab.read("\(hostKey).pub"))"
    }
    try lab.write(known, to: "\(lab.state)/ssh/known_hosts")
    try lab.write(clientConfiguration(lab), to: lab.sshConfigFile)
  }

  private static func generate(_ path: String, comment: String) async throws(LabError) {
    try await Command.output(
      ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], doing: "making an ssh key")
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    [
      LabService(
        part: .ssh, daemon: "sshd", log: "/var/log/sshd.log",
        // A login shell that reads no file of root's: the machine's .bashrc is not part of the lab.
        start: """
          sed -i '/^root:/s,[^:]*$,/bin/sh,' /etc/passwd
          mkdir -p /run/sshd
          setsid -f /usr/sbin/sshd -D -E /var/log/sshd.log
          """,
        ask: .fromController(["timeout", "8", "ssh", "-F", lab.sshConfigFile, host.name, "uname -n"]),
        patience: 20)
    ]
  }

  func add(to fleet: inout LabFleet, in lab: Lab) { fleet.keys.append("ssh-config: \(lab.sshConfigFile)") }

  func clientConfiguration(_ lab: Lab) -> String {
    let hosts = lab.spec.hosts(of: name).map { host in
      """
      Host \(host.name)
        HostName \(network.address(of: host))
        HostKeyAlias \(host.name)

      """
    }
    return hosts.joined() + """
      Host *
        User root
        IdentityFile \(lab.state)/ssh/id_ed25519
        IdentitiesOnly yes
        UserKnownHostsFile \(lab.state)/ssh/known_hosts
        GlobalKnownHostsFile /dev/null
        StrictHostKeyChecking yes
        BatchMode yes
        ConnectTimeout 3
        ControlMaster no
        ControlPath none
        LogLevel ERROR

      """
  }
}

extension LabPart {
  /// sshd, checked by a login with the lab's key.
  package static let ssh = LabPart(rawValue: "ssh")
}
