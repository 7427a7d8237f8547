import IsolatedHost
import Linux

/// Hosts for one controller: each has a separate network, `/run` and folder of leases. One sshd serves all. The address
/// of ssh's destination decides in which host's namespaces the agent is started.
final class FanOutBed {
  static let counts = 2...1000
  static let folder = "/run/fan-out"

  let count: Int
  private let processes: ChildProcess

  /// Starts the hosts, and waits until sshd listens.
  init(_ count: Int) throws {
    self.count = count
    processes = try ChildProcess(
      ["sh", "-euc", Self.script, "sh", "\(count)", try IsolatedHost.agent()],
      environment: ToolEnvironment.root, output: .pipe, errors: .inherited)
    var words: [UInt8] = []
    while !words.contains(UInt8(ascii: "\n")) {
      guard let part = try processes.read(within: .seconds(120)), !part.isEmpty else {
        throw BenchFailed("the hosts did not start; their logs are lost with the namespaces")
      }
      words += part
    }
    try DurableFile.write(Array(fleet.utf8), to: "\(Self.folder)/fleet.yaml")
    try DurableFile.write(Array(scenario.utf8), to: "\(Self.folder)/fan-out.yaml")
  }

  deinit { processes.kill() }

  /// The end of the addresses of a host, on the loopback link and on its own.
  private static func place(_ number: Int) -> String { "\(number / 250).\(number % 250 + 1)" }

  private var fleet: String {
    "fleet: fan-out\nssh-config: \(Self.folder)/ssh_config\n"
      + "networks: {internal: {role: storage, cidr: 10.8.0.0/16}}\nhosts:\n"
      + (1...count).map { number in
        let place = Self.place(number)
        return
          "  host-\(number): {ssh: 127.1.\(place), links: {internal: eth0}, addresses: {internal: 10.8.\(place)}}\n"
      }.joined() + "quorum: 1\nprobes: {self: {ping: 127.0.0.1, every: 1s, timeout: 1s}}\n"
  }

  /// One step with a lease on every host. None of them cuts a path of ssh.
  private var scenario: String {
    let others = (2...count).map { "host-\($0)" }.joined(separator: ", ")
    return """
      scenario: fan-out
      steady: {for: 10s, probes: [self]}
      timeline:
        - {at: 0s, fault: partition, target: {sides: [[host-1], [\(others)]], network: internal}, for: 10s}
      beyond-quorum: true
      recovery: {stable: 2s, no-progress: 60s, cap: 2m}

      """
  }

  /// Arguments: the number of hosts, and the agent.
  ///
  /// ssh uses the cheaper key exchange: with the standard one of OpenSSH 9.2, a machine that is both ends needs minutes for
  /// the connections of hundreds of hosts.
  private static let script = """
    count=$1 agent=$2 home=\(folder)
    rm -rf $home
    mkdir -p $home/hosts /run/sshd
    ip link set lo up
    sed -i '/^root:/s,[^:]*$,/bin/sh,' /etc/passwd
    ssh-keygen -q -t ed25519 -N '' -f $home/key
    ssh-keygen -q -t ed25519 -N '' -f $home/host-key
    cp $home/key.pub $home/authorized
    cat > $home/enter <<END
    #!/bin/sh
    # SSH_CONNECTION has the client's address and port, and the server's.
    set -- \\$SSH_CONNECTION
    exec nsenter --target "\\$(cat $home/hosts/\\$3)" --net --mount -- $agent
    END
    chmod 700 $home/enter
    cat > $home/sshd_config <<END
    ListenAddress 0.0.0.0:2200
    HostKey $home/host-key
    AuthorizedKeysFile $home/authorized
    StrictModes no
    UsePAM no
    UseDNS no
    PidFile none
    MaxStartups 1000
    PermitRootLogin prohibit-password
    ForceCommand $home/enter
    END
    cat > $home/ssh_config <<END
    Host *
      User root
      Port 2200
      IdentityFile $home/key
      IdentitiesOnly yes
      KexAlgorithms curve25519-sha256
      StrictHostKeyChecking no
      UserKnownHostsFile /dev/null
      LogLevel ERROR
    END
    number=0
    while [ $number -lt $count ]; do
      number=$((number + 1))
      place=$((number / 250)).$((number % 250 + 1))
      unshare --net --mount sh -euc "
        mount -t tmpfs -o mode=755 tmpfs /var/lib/murphy
        mount -t tmpfs -o mode=755 tmpfs /run
        ip link set lo up
        ip link add eth0 type veth peer name peer0
        ip address add 10.8.$place/16 dev eth0
        ip link set eth0 up
        ip link set peer0 up
        echo ready
        exec sleep infinity" > $home/hosts/127.1.$place.log &
      echo $! > $home/hosts/127.1.$place
    done
    for log in $home/hosts/*.log; do until [ -s $log ]; do sleep 0.05; done; done
    /usr/sbin/sshd -D -f $home/sshd_config -E $home/sshd.log &
    until ss -Htln 'sport = :2200' | grep -q .; do sleep 0.05; done
    echo ready
    wait
    """
}
