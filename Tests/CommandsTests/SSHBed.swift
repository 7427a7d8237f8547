import Glibc
import Linux
import NamespaceTesting
import ProductTesting
import Testing
import ToolTesting

/// A controller and a host named falco, in their own namespaces: one cable between them, a real sshd and sudo, users
/// with different login shells, and the built agent.
///
/// Its /etc, /root, /home, /usr/local and /var are layers over the machine's. All of it ends with its PID 1.
final class SSHBed {
  /// The programs that it needs.
  static let programs = [
    "/usr/bin/unshare", "/usr/bin/nsenter", "/usr/bin/tini", "/usr/sbin/sshd", "/usr/bin/sudo", "/bin/csh",
    "/usr/bin/fish",
  ]
  static let isPossible = getuid() == 0 && TestTools.have(programs)

  private let outer: ChildProcess
  private let initial: Int32

  /// Runs a body with a bed on a dedicated thread, since it mostly waits, and ends the bed.
  static func run(_ body: @Sendable (SSHBed) throws -> Void) async throws {
    try await onOwnThread {
      let bed = try SSHBed()
      let outcome = Result { try body(bed) }
      bed.end()
      try outcome.get()
    }
  }

  private init() throws {
    let script = """
      mount -t tmpfs tmpfs /mnt
      mkdir -p /mnt/etc /mnt/var/lib
      # Whiteouts hide what the machine has there.
      mknod /mnt/etc/murphy c 0 0
      mknod /mnt/var/lib/murphy c 0 0
      for part in etc var root home usr/local; do
        layer=/mnt/$(echo $part | tr / -)
        mkdir -p $layer $layer.work
        mount -t overlay overlay -o lowerdir=/$part,upperdir=$layer,workdir=$layer.work /$part
      done
      mount -t tmpfs tmpfs /run
      mkdir -p /run/sshd
      rm -rf /root/.ssh /root/.bashrc /root/.profile /etc/motd
      mkdir -m 755 /etc/murphy
      mkdir -m 700 /root/.ssh
      echo '{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}' > /etc/murphy/agent.json
      ln -sf \(TestProducts.agent) /usr/local/bin/murphy-agent
      ip link set lo up
      unshare --net sleep infinity &
      host=$!
      until [ "$(readlink /proc/$host/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
      on() { nsenter --target $host --net -- "$@"; }
      ip link add cable type veth peer name eth0 netns $host
      ip address add 10.9.0.2/24 dev cable
      ip link set cable up
      on ip address add 10.9.0.1/24 dev eth0
      on ip link add eth1 type veth peer name peer1
      for link in lo eth0 eth1 peer1; do on ip link set $link up; done
      ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
      ssh-keygen -q -t ed25519 -N '' -f /run/sshd/key
      cp /root/.ssh/id_ed25519.pub /etc/authorized_keys
      for user in ann:/bin/bash cleo:/bin/csh fay:/usr/bin/fish; do
        useradd --create-home --shell ${user#*:} --password '*' ${user%:*}
        echo "${user%:*} ALL=(root) NOPASSWD: /usr/local/bin/murphy-agent" >> /etc/sudoers.d/murphy
      done
      cat > /etc/ssh/sshd_config <<END
      HostKey /run/sshd/key
      AuthorizedKeysFile /etc/authorized_keys
      StrictModes no
      UsePAM no
      UseDNS no
      PidFile none
      MaxStartups 100
      Banner /etc/banner
      END
      touch /etc/banner
      on /usr/sbin/sshd -E /run/sshd.log
      echo 'StrictHostKeyChecking accept-new' > /root/.ssh/config
      echo ready
      exec tini -s -- cat
      """
    // The bed ends when its stdin ends.
    outer = try ChildProcess(
      [
        "unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc", "--kill-child", "sh", "-euc",
        script,
      ],
      environment: ["PATH": ToolEnvironment.path, "HOME": "/root"], session: .callers, input: .pipe,
      output: .pipe, errors: .inherited)
    var words: [UInt8] = []
    while !words.contains(UInt8(ascii: "\n")) {
      guard let part = try outer.read(), !part.isEmpty else { break }
      words += part
    }
    try #require(String(decoding: words, as: UTF8.self) == "ready\n")
    let children = try DurableFile.read("/proc/\(outer.pid)/task/\(outer.pid)/children").split(
      separator: 0x20)
    initial = try #require(children.first.flatMap { Int32(String(decoding: $0, as: UTF8.self)) })
  }

  private func end() { outer.kill() }

  // MARK: Files

  /// Writes a file in the bed.
  func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
    try DurableFile.write(Array(text.utf8), to: "/proc/\(initial)/root\(path)", mode: mode)
  }

  /// Writes a fleet with only this host, and a scenario that cuts one of its links.
  ///
  /// - Parameter host: the host's keys `ssh` and `become`.
  func prepare(_ host: String, network: String = "internal", lasting: String = "2s") throws {
    try write(
      """
      fleet: bed
      networks: {external: {role: service, cidr: 10.9.0.0/24}, internal: {role: storage, cidr: 10.9.1.0/24}}
      hosts:
        falco: {\(host), links: {external: eth0, internal: eth1}}
      quorum: 1
      probes: {port: {tcp: "tcp://10.9.0.1:22", every: 1s, timeout: 1s}}

      """, to: "/root/fleet.yaml")
    try write(
      """
      scenario: cut
      steady: {for: 1s, probes: [port]}
      timeline:
        - {at: 0s, fault: link.drop, target: {host: falco, network: \(network)}, for: \(lasting), mode: silent}
      beyond-quorum: true
      recovery: {stable: 1s, no-progress: 60s, cap: 2m}

      """, to: "/root/cut.yaml")
  }

  // MARK: Commands

  /// Runs `murphy` as the controller, on the fleet that `prepare` wrote.
  func murphy(_ arguments: String..., environment: [String: String] = [:]) throws -> MurphyProgram.Outcome {
    try MurphyProgram.run(
      arguments + ["--fleet", "/root/fleet.yaml"], by: inside,
      environment: environment.merging(["HOME": "/root"]) { $1 })
  }

  /// Plans the cut.
  func plan(environment: [String: String] = [:]) throws -> MurphyProgram.Outcome {
    try murphy("plan", "/root/cut.yaml", environment: environment)
  }

  /// Does the cut.
  func cut(environment: [String: String] = [:]) throws -> MurphyProgram.Outcome {
    try murphy("run", "/root/cut.yaml", "--out", "/root/runs", environment: environment)
  }

  /// Runs a line of a shell as the controller.
  func shell(_ line: String) throws -> MurphyProgram.Outcome {
    try MurphyProgram.run(["-euc", line], by: inside, program: "/bin/sh", environment: ["HOME": "/root"])
  }

  private var inside: [String] { NamespaceEntry.command([], in: [.mount, .pid, .net], of: initial) }
}
