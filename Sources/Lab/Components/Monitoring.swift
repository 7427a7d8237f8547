/// Prometheus, which scrapes a node exporter on each host every 2 s and sends the alert `HostDown` to Alertmanager,
/// which delivers it to a run of Murphy. Prometheus, and Alertmanager unless a guest carries it, run beside the first host, like the controller, so they still run when a
/// host is off or cut off.
struct Monitoring: LabComponent {
  let network: LabNetwork
  /// Another receiver of the alerts.
  var receivers: [String] = []
  /// The address of the guest that carries Alertmanager; nil if it runs beside the first host.
  var alertmanagerGuest: String?

  let name = "monitoring"
  let programs: KeyValuePairs = [
    "prometheus": ["prometheus"], "prometheus-alertmanager": ["prometheus-alertmanager"],
    "prometheus-node-exporter": ["prometheus-node-exporter"],
  ]

  private static let exporterPort = 9100

  /// A server beside the first host.
  private struct Server {
    let part: LabPart
    let daemon: String
    let port: Int
    let arguments: String
    let files: [String: String]
  }

  private func folder(of part: LabPart, in lab: Lab) -> String {
    "\(lab.folder(of: lab.spec.hosts[0]))/\(part.rawValue)"
  }

  private func address(of server: Server) -> String {
    let host = server.part == .alertmanager ? alertmanagerGuest : nil
    return "\(host ?? network.controllerAddress):\(server.port)"
  }

  /// The servers beside the first host.
  private func servers(in lab: Lab) -> [Server] {
    alertmanagerGuest == nil ? [alertmanager, prometheus(in: lab)] : [prometheus(in: lab)]
  }

  /// The address at which Murphy receives the alerts that a person would receive.
  private var pager: String { "\(network.controllerAddress):9095" }

  private var hooks: String {
    (["http://\(pager)/"] + receivers).map { "{url: '\($0)', send_resolved: true}" }.joined(separator: ", ")
  }

  private var alertmanager: Server {
    Server(
      part: .alertmanager, daemon: "prometheus-alertmanager", port: 9093,
      arguments: "--config.file=alertmanager.yml --storage.path=data --cluster.listen-address=",
      files: ["alertmanager.yml": alertmanagerConfiguration])
  }

  var alertmanagerConfiguration: String {
    """
    route: {receiver: murphy, group_wait: 2s, group_interval: 5s}
    receivers:
      - name: murphy
        webhook_configs: [\(hooks)]

    """
  }

  private func prometheus(in lab: Lab) -> Server {
    let targets = lab.spec.hosts(of: name).map { host in
      "{targets: ['\(network.address(of: host)):\(Self.exporterPort)'], labels: {host: \(host.name)}}"
    }
    return Server(
      part: .prometheus, daemon: "prometheus", port: 9090,
      arguments: "--config.file=prometheus.yml --storage.tsdb.path=data",
      files: [
        "prometheus.yml": """
        global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}
        rule_files: [rules.yml]
        alerting: {alertmanagers: [{static_configs: [{targets: ['\(address(of: alertmanager))']}]}]}
        scrape_configs:
          - {job_name: node, static_configs: [\(targets.joined(separator: ", "))]}

        """,
        "rules.yml": """
        groups:
          - name: hosts
            rules: [{alert: HostDown, expr: up == 0}]

        """,
      ])
  }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    for server in servers(in: lab) {
      let folder = folder(of: server.part, in: lab)
      try lab.makeFolder("\(folder)/data")
      for (name, text) in server.files { try lab.write(text, to: "\(folder)/\(name)") }
      try lab.write(
        """
        set -eu
        cd \(folder)
        read -r self _ < /proc/self/stat
        set -- $(cat "/proc/$self/stat")
        echo "$self ${22}" > init
        exec \(server.daemon) \(server.arguments) --web.listen-address=\(address(of: server))

        """, to: "\(folder)/start.sh")
    }
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    let exporter = LabService(
      part: .exporter, daemon: "prometheus-node-exporter", log: "/var/log/node-exporter.log",
      start: """
        setsid -f prometheus-node-exporter --web.listen-address=:\(Self.exporterPort) \\
          > /var/log/node-exporter.log 2>&1 < /dev/null
        """,
      ask: .fromController(Self.get("/metrics", from: network.address(of: host), Self.exporterPort)),
      patience: 20)
    guard host == lab.spec.hosts[0] else { return [exporter] }
    return [exporter]
      + servers(in: lab).map { server in
        let folder = folder(of: server.part, in: lab)
        return LabService(
          part: server.part, place: .besideHost, daemon: server.daemon, log: "\(folder)/log",
          start: "setsid -f sh \(folder)/start.sh >> \(folder)/log 2>&1 < /dev/null",
          ask: .fromController(Self.get("/-/ready", from: network.controllerAddress, server.port)),
          patience: 20)
      }
  }

  /// A command that prints the status line of an HTTP answer, and fails unless the status is 200.
  static func get(_ path: String, from address: String, _ port: Int) -> [String] {
    let script =
      "exec 3<>/dev/tcp/$0/\(port) && printf 'GET \(path) HTTP/1.0\\r\\n\\r\\n' >&3 && grep -m 1 ' 200 ' <&3"
    return ["timeout", "3", "bash", "-c", script, address]
  }

  func add(to fleet: inout LabFleet, in lab: Lab) {
    fleet.views += [
      "alerts: {alertmanager: \"http://\(address(of: alertmanager))\"}",
      "pager: {webhook: \"\(pager)\", canary: \"http://\(address(of: alertmanager))\"}",
      "targets: {prometheus: \"http://\(address(of: prometheus(in: lab)))\", query: \"up{job='node'}\", "
        + "unwell: \"== 0\"}",
    ]
  }
}

extension LabPart {
  /// The host's node exporter.
  package static let exporter = LabPart(rawValue: "exporter")
  package static let alertmanager = LabPart(rawValue: "alertmanager")
  package static let prometheus = LabPart(rawValue: "prometheus")
}
