extension LabHost {
  /// OpenSSH's server, with the lab's key as the only way in.
  var sshd: HostService {
    HostService(
      part: .ssh, daemon: "sshd", log: "/var/log/sshd.log",
      files: [
        "etc/ssh/sshd_config": """
        ListenAddress \(externalAddress)
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

        """,
        "etc/murphy/agent.json": """
        {"faults":["*"],"links":["*"],"domains":["*"],"longest-lease":"10m"}

        """,
      ],
      start: """
        mkdir -p /run/sshd
        setsid -f /usr/sbin/sshd -D -E /var/log/sshd.log
        """,
      // Asked by logging in from outside: see Lab+Ask.swift.
      ask: "",
      patience: 20)
  }

  /// The client's side, for the controller.
  static func sshConfig(state: String) -> String {
    let hosts = allCases.map { host in
      """
      Host \(host.name)
        HostName \(host.externalAddress)
        HostKeyAlias \(host.name)

      """
    }
    return hosts.joined() + """
      Host *
        User root
        IdentityFile \(state)/ssh/id_ed25519
        IdentitiesOnly yes
        UserKnownHostsFile \(state)/ssh/known_hosts
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
