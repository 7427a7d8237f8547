/// An SMS gateway beside the first host: smsd of smstools, with a modem that accepts every message. Alertmanager posts its
/// alerts to a small web server, which writes a message for each.
///
/// smsd sends AT commands (3GPP TS 27.005) to the modem over TCP, as to a real modem behind a terminal server.
struct SMSGateway: LabComponent {
  let network: LabNetwork

  let name = "sms"
  let programs: KeyValuePairs = ["smstools": ["smsd"], "jq": ["jq"]]

  private static let modemPort = 2323
  private static let webPort = 9096

  /// The URL to which Alertmanager sends its alerts.
  var url: String { "http://\(network.controllerAddress):\(Self.webPort)/cgi-bin/alerts" }

  private func folder(in lab: Lab) -> String {
    "\(lab.folder(of: lab.spec.hosts[0]))/\(LabPart.sms.rawValue)"
  }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    let folder = folder(in: lab)
    for name in ["new", "outgoing", "checked", "sent", "failed", "incoming", "www/cgi-bin"] {
      try lab.makeFolder("\(folder)/\(name)")
    }
    let lists = ["outgoing", "checked", "sent", "failed", "incoming"]
    let files = [
      "modem.sh": """
      # smsd ends a command with a carriage return, and a message with Ctrl-Z.
      while IFS= read -r -d $'\\r' line; do
        case $line in
        *AT+CMGS=*)
          printf '\\r\\n> '
          IFS= read -r -d $'\\x1a' message
          printf '\\r\\n+CMGS: 1\\r\\n\\r\\nOK\\r\\n'
          ;;
        *) printf '\\r\\nOK\\r\\n' ;;
        esac
      done

      """,
      "modem": "#!/bin/sh\nexec bash \(folder)/modem.sh\n",
      "www/cgi-bin/alerts": """
      #!/bin/sh
      printf 'Content-Type: text/plain\\r\\n\\r\\n'
      head -c "$CONTENT_LENGTH" | jq -r '.alerts[] | (if .status == "resolved" then "RESOLVED" else "FIRING" end)
        + " " + .labels.alertname + " " + (.labels.host // .labels.instance // "")' |
      while read -r text; do
        message=$(mktemp \(folder)/new/XXXXXXXX)
        printf 'To: 491700000000\\n\\n%s\\n' "$text" > "$message"
        mv "$message" \(folder)/outgoing/
      done

      """,
      "smsd.conf": """
      devices = modem
      \(lists.map { "\($0) = \(folder)/\($0)" }.joined(separator: "\n"))
      logfile = \(folder)/smsd.log
      infofile = \(folder)/smsd.info
      pidfile = \(folder)/smsd.pid
      user = root
      delaytime = 1
      [modem]
      device = @\(network.controllerAddress):\(Self.modemPort)
      incoming = no
      pin = ignore
      check_network = 0
      init =

      """,
      "start.sh": """
      set -eu
      cd \(folder)
      chmod 755 modem www/cgi-bin/alerts
      read -r self _ < /proc/self/stat
      set -- $(cat "/proc/$self/stat")
      echo "$self ${22}" > init
      busybox nc -ll -p \(Self.modemPort) -e \(folder)/modem &
      busybox httpd -f -p \(network.controllerAddress):\(Self.webPort) -h \(folder)/www &
      exec smsd -t -c\(folder)/smsd.conf

      """,
    ]
    for (name, text) in files { try lab.write(text, to: "\(folder)/\(name)") }
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    guard host == lab.spec.hosts[0] else { return [] }
    let folder = folder(in: lab)
    let ports = [Self.modemPort, Self.webPort].map {
      "timeout 3 bash -c 'exec 3<>/dev/tcp/\(network.controllerAddress)/\($0)'"
    }
    return [
      LabService(
        part: .sms, place: .besideHost, daemon: "smsd", log: "\(folder)/log",
        start: "setsid -f sh \(folder)/start.sh >> \(folder)/log 2>&1 < /dev/null",
        ask: .fromController([
          "sh", "-c",
          "test -s \(folder)/smsd.pid && \(ports.joined(separator: " && ")) && echo smsd and its modem run",
        ]),
        patience: 20)
    ]
  }

  func add(to fleet: inout LabFleet, in lab: Lab) {
    fleet.views.append("sms: {sms: \(folder(in: lab))/sent}")
  }
}

extension LabPart {
  /// smsd, its modem, and the web server that receives alerts.
  package static let sms = LabPart(rawValue: "sms")
}
