/// Each host's board management controller: OpenIPMI's simulator, which serves IPMI over LAN and controls the power of
/// the host's real process tree.
///
/// It has its own network namespace and an address on the management network, and all of its processes are outside the
/// host. So it answers while the host is off, hung or unplugged. It ends with the lab.
struct BMC: LabComponent {
  let network: LabNetwork

  static let user = "murphy"
  /// The account of the cluster's fencing, apart from the controller's, so that `bmc.lockout` can disable it.
  static let fencer = (number: 3, name: "fencing")

  let name = "bmc"
  let programs: KeyValuePairs = ["openipmi": ["ipmi_sim"], "ipmitool": ["ipmitool"]]

  private func folder(of host: LabHost, in lab: Lab) -> String {
    "\(lab.folder(of: host))/\(LabPart.bmc.rawValue)"
  }

  /// The policy of the agent at the controller. Its files belong to the lab and are deleted with it.
  private func policyFile(in lab: Lab) -> String { "\(lab.state)/controller.json" }

  /// Its address on the network. A host that has a link there has another address.
  func address(of host: LabHost) -> String { "\(network.prefix).\(10 + host.number)" }

  func passwordFile(in lab: Lab) -> String { "\(lab.state)/bmc-password" }
  func fencerPasswordFile(in lab: Lab) -> String { "\(lab.state)/fencing-password" }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    let (password, fencerPassword) = (Self.password(), Self.password())
    try lab.write(password, to: passwordFile(in: lab), mode: 0o600)
    try lab.write(fencerPassword, to: fencerPasswordFile(in: lab), mode: 0o600)
    try lab.write(
      #"{"faults": ["host.power", "bmc.lockout"], "links": [], "domains": [], "bmc": ["*"], "longest-lease": "10m"}"#
        + "\n",
      to: policyFile(in: lab))
    for host in lab.spec.hosts(of: name) {
      let folder = folder(of: host, in: lab)
      try lab.makeFolder("\(folder)/state")
      try lab.write(
        lanConfiguration(host, password, fencerPassword, folder: folder), to: "\(folder)/lan.conf",
        mode: 0o600)
      try lab.write(Self.emulation, to: "\(folder)/sim.emu")
      try lab.write(startScript(host, lab), to: "\(folder)/start.sh")
      try lab.write(chassisScript(host, lab), to: "\(folder)/chassis.sh")
      try lab.write(supplyScript(host, lab), to: "\(folder)/supply.sh")
    }
  }

  private static func password() -> String {
    // IPMI 1.5 clients send at most 16 characters.
    let letters = "abcdefghijkmnpqrstuvwxyz23456789"
    var password = ""
    for _ in 0..<16 { if let letter = letters.randomElement() { password.append(letter) } }
    return password
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    let folder = folder(of: host, in: lab)
    return [
      LabService(
        part: .bmc, place: .besideHost, daemon: "ipmi_sim", log: "\(folder)/log",
        start: """
          setsid -f sh \(folder)/supply.sh >> \(folder)/log 2>&1 < /dev/null
          setsid -f unshare --net sh \(folder)/start.sh >> \(folder)/log 2>&1 < /dev/null
          """,
        ask: .fromController([
          "timeout", "8", "ipmitool", "-I", "lanplus", "-C", "3", "-N", "1", "-R", "2",
          "-H", address(of: host), "-U", Self.user, "-f", passwordFile(in: lab),
          "chassis", "power", "status",
        ]),
        patience: 20)
    ]
  }

  func add(to fleet: inout LabFleet, in lab: Lab) {
    fleet.keys.append("controller: {policy: \(policyFile(in: lab)), leases: \(lab.state)/controller}")
    for host in lab.spec.hosts(of: name) {
      let address = self.address(of: host)
      fleet.hosts[host.name, default: []].append(
        "bmc: {ipmi: \(address), user: \(Self.user), password-file: \(passwordFile(in: lab))}")
    }
  }

  /// Two users with passwords; no anonymous user and no authentication by `none`. The simulator accepts cipher suite 0,
  /// which needs no password, and has no setting against it.
  private func lanConfiguration(
    _ host: LabHost, _ password: String, _ fencerPassword: String, folder: String
  ) -> String {
    """
    name "\(host.name)"
    set_working_mc 0x20
    startlan 1
      addr \(address(of: host)) 623
      priv_limit admin
      allowed_auths_admin md5
      guid 6d7572706879400080000000000000b\(host.number)
    endlan
    chassis_control "timeout -k 1 5 sh \(folder)/chassis.sh"
    user 2 true "\(Self.user)" "\(password)" admin 10 md5
    user \(Self.fencer.number) true "\(Self.fencer.name)" "\(fencerPassword)" admin 10 md5

    """
  }

  /// The management controller at address 0x20, with a log of 1,000 events.
  private static let emulation = """
    mc_setbmc 0x20
    mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
    sel_enable 0x20 1000 0x0a
    mc_enable 0x20

    """

  /// The switch's end of its veth pair.
  static func port(of host: LabHost) -> String { "\(host.name)-bmc" }

  /// Starts the BMC in its own network namespace: records its process, connects its veth pair, and serves.
  private func startScript(_ host: LabHost, _ lab: Lab) -> String {
    let folder = folder(of: host, in: lab)
    let port = Self.port(of: host)
    return """
      set -eu
      read -r self _ < /proc/self/stat
      set -- $(cat "/proc/$self/stat")
      echo "$self ${22}" > \(folder)/init
      read -r lab _ < \(lab.platformInit)
      nsenter --target "$lab" --net -- sh -c 'set -eu
        ip link delete \(port) 2> /dev/null || true
        ip link add \(port) type veth peer name eth0 address 02:4d:55:52:b0:0\(host.number) netns "/proc/$0/ns/net"
        ip link set \(port) master \(network.name) up' "$self"
      ip link set lo up
      ip address add \(address(of: host))/24 dev eth0
      ip link set eth0 up
      # It stores its users with their passwords after a change.
      umask 077
      exec ipmi_sim -c \(folder)/lan.conf -f \(folder)/sim.emu -s \(folder)/state -n

      """
  }

  /// The simulator calls this script with `get power` or `set power|reset|shutdown VALUE`, and serves no request until
  /// it ends. A client repeats a request after 1 s without a reply, so one reset would become two. Therefore an act is
  /// only queued. The reply means 'accepted', like that of a real board.
  private func chassisScript(_ host: LabHost, _ lab: Lab) -> String {
    """
    power() { sh \(lab.powerScript) \(host.name) get; }
    case "$*" in
      "get power") power; exit ;;
      "set power 0") act=off ;;
      "set power 1") act=on ;;
      "set reset 1") act=reset; [ "$(power)" = power:1 ] || exit 1 ;;
      "set shutdown 1") act=shutdown; [ "$(power)" = power:1 ] || exit 1 ;;
      *) exit 1 ;;
    esac
    echo $act > \(requests(host, lab))

    """
  }

  /// Performs the BMC's power requests in sequence. It is not a child of the simulator, so that hosts that it starts
  /// inherit none of the simulator's sockets and signal settings. It is started once, and outlives its BMC.
  private func supplyScript(_ host: LabHost, _ lab: Lab) -> String {
    let requests = requests(host, lab)
    return """
      [ -p \(requests) ] || mkfifo -m 600 \(requests)
      exec 3<> \(requests)
      flock -n 3 || exit 0
      while read -r act <&3; do timeout -k 5 120 sh \(lab.powerScript) \(host.name) "$act" 3<&-; done

      """
  }

  private func requests(_ host: LabHost, _ lab: Lab) -> String { "\(folder(of: host, in: lab))/requests" }
}

extension LabPart {
  /// The host's board management controller, queried by ipmitool for the power state.
  package static let bmc = LabPart(rawValue: "bmc")
}
