import Foundation
import Glibc
import Linux
import NamespaceTesting
import Schedule
import Testing
import ToolTesting

extension Tag {
  /// Starts receivers of notices.
  @Tag fileprivate static var receivers: Self
}

private let python = "/usr/bin/python3"
/// The folder of a virtual environment with matrix-synapse and standardwebhooks, which Debian does not have.
private let environment =
  #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  + "/.build/receivers"

/// The notices of a schedule, sent by the built program to real receivers in a network namespace. Only Grafana has a
/// stand-in, since Debian has no package of it.
@Suite(.tags(.receivers), .enabled(if: getuid() == 0, "needs root, to make a network namespace"))
struct NotifySerialTests {
  /// Files of a schedule with channels, and the folder of its receivers.
  private struct Bed {
    let folder: String

    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
      try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)", mode: mode)
    }

    func text(_ name: String) throws -> String {
      String(decoding: try DurableFile.read("\(folder)/\(name)"), as: UTF8.self)
    }

    /// Runs `murphy schedule`.
    func schedule(_ arguments: [String]) throws -> MurphyProgram.Outcome {
      try MurphyProgram.run(
        ["schedule"] + arguments + ["\(folder)/schedule.yaml"], tools: folder, environment: ["HOME": folder])
    }

    /// The attempts to deliver, as the records have them.
    func deliveries() throws -> [Line] {
      try text("reports/schedule.jsonl").split(separator: "\n")
        .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }.filter { $0.notice != nil }
    }
  }

  private struct Line: Decodable {
    var event: String
    var notice: String?
    var channel: String?
    var reason: String?
  }

  /// A schedule whose run is due now, and whose hosts give no answer, with these channels; the body runs in a network
  /// namespace.
  private func withBed(
    _ notify: @escaping @Sendable (String) -> String, _ body: @escaping @Sendable (Bed) throws -> Void
  )
    async throws
  {
    try await inNetworkNamespace {
      try withTemporaryFolder { folder in
        _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
        let bed = Bed(folder: folder)
        let now = Int(Clock.realtime.now / 1_000_000_000)
        let minute = min(now % 86_400 / 60, 23 * 60 + 54)
        let from = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        try DurableFile.makeFolder("\(folder)/reports")
        try bed.write(
          "schedule.yaml",
          """
          schedule: due
          scenario: unplug.yaml
          fleet: fleet.yaml
          every: day
          window: {from: "\(from)", to: "24:00"}
          timezone: UTC
          announce: []
          notify:
          \(notify(folder).split(separator: "\n").map { "  \($0)\n" }.joined())
          """)
        try bed.write("unplug.yaml", StandInSSH.scenario)
        try bed.write("fleet.yaml", StandInSSH.fleet)
        // Watched since midnight, since a start before the first run-due is not due.
        try bed.write(
          "reports/schedule.jsonl",
          #"{"at":\#(now / 86_400 * 86_400),"event":"watched","fleet":"tdf","scenario":"unplug","schedule":"due"}"#
            + "\n")
        try bed.write("ssh", "#!/bin/sh\necho 'ssh: connect: No route to host' >&2\nexit 255\n", mode: 0o700)
        try body(bed)
      }
    }
  }

  /// Waits for at most a minute until a body has a value.
  private static func wait<Value>(for what: String, _ body: () throws -> Value?) throws -> Value {
    let end = Clock.monotonic.now + 60_000_000_000
    while true {
      if let value = try body() { return value }
      if Clock.monotonic.now > end { throw Missing(what: what) }
      usleep(100_000)
    }
  }

  private struct Missing: Error { let what: String }

  private static func get(_ url: String, token: String? = nil) throws -> String? {
    let header = token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
    let outcome = try ChildProcess.run(["curl", "-sS", "-f"] + header + [url])
    return outcome.end.isSuccess ? outcome.outputText : nil
  }

  private static func post(_ url: String, _ json: String, token: String? = nil) throws -> [String: String] {
    let header = token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
    let text = try ChildProcess.run(["curl", "-sS", "-f", "-X", "POST", "-d", json] + header + [url])
      .success()
    let object = try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    return object
  }

  @Test(
    "Mail arrives at a SMTP server by the sendmail of msmtp, with the verdict as its subject",
    .enabled("needs the Debian packages msmtp-mta and python3-aiosmtpd") {
      TestTools.have {
        access("/usr/bin/msmtp", X_OK) == 0 && access("/usr/lib/python3/dist-packages/aiosmtpd", F_OK) == 0
      }
    })
  func mail() async throws {
    try await withBed({ _ in "team: {mail: [ops@example.org, boss@example.org], from: murphy@example.org}" })
    { bed in
      try bed.write(".msmtprc", "account default\nhost 127.0.0.1\nport 2525\nauth off\ntls off\n")
      let server = try ChildProcess([
        python, "-m", "aiosmtpd", "-n", "-l", "127.0.0.1:2525", "-c", "aiosmtpd.handlers.Mailbox",
        "\(bed.folder)/mail",
      ])
      defer { server.kill() }
      let sent = try Self.wait(for: "the SMTP server") {
        let outcome = try bed.schedule(["notify"])
        return outcome.code == 0 ? outcome : nil
      }
      #expect(sent.output == "team: sent: exit code 0\n")
      let name = try #require(try DurableFile.list("\(bed.folder)/mail/new").first)
      let mail = try bed.text("mail/new/\(name)")
      #expect(mail.contains("X-MailFrom: murphy@example.org\n"), "\(mail)")
      #expect(mail.contains("X-RcptTo: ops@example.org, boss@example.org\n"), "\(mail)")
      #expect(
        mail.contains("Subject: Test: unplug on tdf, schedule due. No run is planned by this message\n"),
        "\(mail)")
      let body = try #require(mail.components(separatedBy: "\n\n").last)
      let text = try #require(Data(base64Encoded: body, options: .ignoreUnknownCharacters))
      #expect(String(decoding: text, as: UTF8.self).hasPrefix("Test: unplug on tdf, schedule due."))
    }
  }

  @Test(
    "Alertmanager shows the alert of a drill while the run lasts, and no silence",
    .enabled("needs the Debian package prometheus-alertmanager") {
      TestTools.have(["/usr/bin/prometheus-alertmanager"])
    })
  func alertmanager() async throws {
    try await withBed({ _ in "alerts: {alertmanager: \"http://127.0.0.1:9093\"}" }) { bed in
      try bed.write(
        "alertmanager.yml", "{route: {receiver: none, group_wait: 90s}, receivers: [{name: none}]}\n")
      let server = try ChildProcess([
        "/usr/bin/prometheus-alertmanager", "--config.file=\(bed.folder)/alertmanager.yml",
        "--storage.path=\(bed.folder)/alerts", "--web.listen-address=127.0.0.1:9093",
        "--cluster.listen-address=",
      ])
      defer { server.kill() }
      let api = "http://127.0.0.1:9093/api/v2"
      _ = try Self.wait(for: "Alertmanager") { try Self.get("\(api)/status") }
      // The run's own first connection shows what Alertmanager has meanwhile.
      try bed.write(
        "ssh",
        """
        #!/bin/sh
        for i in $(seq 100); do
          curl -sS -f \(api)/alerts > \(bed.folder)/during.$$
          if grep -q MurphyDrill \(bed.folder)/during.$$; then
            mv \(bed.folder)/during.$$ \(bed.folder)/during
            break
          fi
          sleep 0.1
        done
        exit 255

        """, mode: 0o700)
      let outcome = try bed.schedule(["run-due"])
      #expect(outcome.code == 3, "\(outcome.errors)")
      let during = try bed.text("during")
      #expect(during.contains(#""alertname":"MurphyDrill""#), "\(during)")
      #expect(during.contains(#""schedule":"due""#) && during.contains(#""scenario":"unplug""#), "\(during)")
      let alerts = try #require(try Self.get("\(api)/alerts"))
      #expect(!alerts.contains(#""alertname":"MurphyDrill""#), "\(alerts)")
      #expect(
        alerts.contains(#""alertname":"MurphyDrillResult""#) && alerts.contains("Refused: unplug on tdf"),
        "\(alerts)")
      #expect(try Self.get("\(api)/silences") == "[]\n")
      #expect(try bed.deliveries().map(\.event) == ["sent", "sent"])
      #expect(try bed.deliveries().map(\.channel) == ["alerts", "alerts"])
    }
  }

  @Test(
    "A Matrix room of Synapse has the notice",
    .enabled("needs matrix-synapse in .build/receivers: see the Makefile") {
      TestTools.have(["\(environment)/bin/register_new_matrix_user"])
    })
  func matrix() async throws {
    let url = "http://127.0.0.1:8008"
    try await withBed({ "room: {matrix: \"\(url)\", room: \"!id\", token-file: \($0)/token}" }) { bed in
      try bed.write(
        "synapse.yaml",
        """
        server_name: murphy.test
        listeners: [{bind_addresses: ["127.0.0.1"], port: 8008, type: http, tls: false, resources: [{names: [client]}]}]
        database: {name: sqlite3, args: {database: \(bed.folder)/synapse.db}}
        media_store_path: \(bed.folder)/media
        signing_key_path: \(bed.folder)/signing.key
        registration_shared_secret: shared
        macaroon_secret_key: macaroon
        form_secret: form
        report_stats: false
        trusted_key_servers: []

        """)
      let program = [
        "\(environment)/bin/python", "-m", "synapse.app.homeserver", "-c", "\(bed.folder)/synapse.yaml",
      ]
      _ = try ChildProcess.run(program + ["--generate-keys"]).success()
      let server = try ChildProcess(program, output: .null, errors: .null)
      defer { server.kill() }
      _ = try Self.wait(for: "Synapse") { try Self.get("\(url)/_matrix/client/versions") }
      _ = try ChildProcess.run([
        "\(environment)/bin/register_new_matrix_user", "-k", "shared", "-u", "murphy", "-p", "pass",
        "--no-admin",
        url,
      ]).success()
      let login = try Self.post(
        "\(url)/_matrix/client/v3/login",
        #"{"type":"m.login.password","identifier":{"type":"m.id.user","user":"murphy"},"password":"pass"}"#)
      let token = try #require(login["access_token"])
      try bed.write("token", "\(token)\n")
      let room = try #require(
        try Self.post("\(url)/_matrix/client/v3/createRoom", "{}", token: token)["room_id"])
      try bed.write("schedule.yaml", try bed.text("schedule.yaml").replacing("\"!id\"", with: "\"\(room)\""))
      let outcome = try bed.schedule(["notify"])
      #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.output.hasPrefix("room: sent: status 200: {\"event_id\":"), "\(outcome.output)")
      let messages = try #require(
        try Self.get(
          "\(url)/_matrix/client/v3/rooms/\(room.replacing("!", with: "%21").replacing(":", with: "%3A"))/messages?dir=b&limit=1",
          token: token))
      #expect(messages.contains(#""body":"Test: unplug on tdf, schedule due."#), "\(messages)")
      #expect(messages.contains(#""msgtype":"m.notice""#))
      // The homeserver's reason for a refusal is reported, and the token is in no argument of a process.
      try bed.write("token", "wrong\n")
      let refused = try bed.schedule(["notify"])
      #expect(refused.code == 3)
      #expect(
        refused.output.contains("room: not sent: ") && refused.output.contains("M_UNKNOWN_TOKEN"),
        "\(refused.output)")
    }
  }

  /// A server that writes the last request into `request.json`, and answers with the status in `status`. It verifies the
  /// signature of a webhook by the reference library of Standard Webhooks.
  private static let receiverText = """
    import http.server, json, os, sys
    folder = sys.argv[1]
    class Handler(http.server.BaseHTTPRequestHandler):
      def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        headers = {key.lower(): value for key, value in self.headers.items()}
        found = {'path': self.path, 'headers': headers, 'body': json.loads(body)}
        if 'webhook-signature' in headers:
          from standardwebhooks.webhooks import Webhook
          Webhook(open(folder + '/secret').read().strip()).verify(body, headers)
          found['verified'] = True
        with open(folder + '/request.new', 'w') as file: json.dump(found, file)
        os.rename(folder + '/request.new', folder + '/request.json')
        self.send_response(int(open(folder + '/status').read()))
        self.end_headers()
        self.wfile.write(b'{"message": "from the receiver"}')
      def log_message(self, *all): pass
    http.server.HTTPServer(('127.0.0.1', 9099), Handler).serve_forever()

    """

  private static func receiver(_ bed: Bed, python: String = python) throws -> ChildProcess {
    try bed.write("receiver.py", receiverText)
    try bed.write("status", "200")
    let server = try ChildProcess([python, "\(bed.folder)/receiver.py", bed.folder])
    _ = try wait(for: "the receiver") {
      // Without a method for it, the server answers 501 as soon as it listens.
      let outcome = try ChildProcess.run(["curl", "-sS", "-o", "/dev/null", "http://127.0.0.1:9099/"])
      return outcome.end.isSuccess ? true : nil
    }
    return server
  }

  @Test(
    "A webhook's signature is verified by the reference library of Standard Webhooks",
    .enabled("needs standardwebhooks in .build/receivers: see the Makefile") {
      TestTools.have(["\(environment)/bin/register_new_matrix_user"])
    })
  func webhook() async throws {
    try await withBed({ "hook: {webhook: \"http://127.0.0.1:9099/murphy\", secret-file: \($0)/secret}" }) {
      bed in
      try bed.write("secret", "whsec_YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcyAtIHRlc3Q=\n")
      let server = try Self.receiver(bed, python: "\(environment)/bin/python")
      defer { server.kill() }
      let outcome = try bed.schedule(["notify"])
      #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
      let request = try bed.text("request.json")
      #expect(request.contains(#""verified": true"#), "\(request)")
      #expect(request.contains(#""event": "test""#) && request.contains(#""path": "/murphy""#), "\(request)")
      #expect(!request.contains("YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcyAtIHRlc3Q="))
    }
  }

  @Test("Grafana's API gets an annotation at a run's begin and end (a stand-in for Grafana)")
  func grafana() async throws {
    try await withBed({ "marks: {grafana: \"http://127.0.0.1:9099\", token-file: \($0)/token}" }) { bed in
      try bed.write("token", "glsa_stand_in\n")
      let server = try Self.receiver(bed)
      defer { server.kill() }
      let outcome = try bed.schedule(["notify"])
      #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
      let request = try bed.text("request.json")
      #expect(request.contains(#""path": "/api/annotations""#), "\(request)")
      #expect(request.contains(#""authorization": "Bearer glsa_stand_in""#), "\(request)")
      #expect(request.contains(#""tags": ["murphy", "due", "unplug"]"#), "\(request)")
    }
  }

  @Test(
    "Grafana's API gets one annotation at a run's end, from its begin to its end (a stand-in for Grafana)")
  func grafanaEnd() async throws {
    try await withBed({ "marks: {grafana: \"http://127.0.0.1:9099\", token-file: \($0)/token}" }) { bed in
      try bed.write("token", "glsa_stand_in\n")
      let server = try Self.receiver(bed)
      defer { server.kill() }
      // Today's run ended a minute ago.
      let now = Int(Clock.realtime.now / 1_000_000_000)
      var records = try bed.text("reports/schedule.jsonl")
      for (at, event) in [
        (now - 120, #""event":"started""#),
        (now - 60, #""event":"ran","exitCode":0,"result":"Met: unplug on tdf","run":"made""#),
      ] {
        records +=
          #"{"at":\#(at),\#(event),"fleet":"tdf","occasion":"\#(Day(now / 86_400))","planned":\#(now - 120),"#
          + #""scenario":"unplug","schedule":"due"}"# + "\n"
      }
      try bed.write("reports/schedule.jsonl", records)
      for _ in 1...2 {
        let outcome = try bed.schedule(["run-due"])
        #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
        #expect(try bed.deliveries().map(\.event) == ["sent"])
      }
      let request = try bed.text("request.json")
      #expect(request.contains("\"time\": \(now - 120)000, \"timeEnd\": \(now - 60)000"), "\(request)")
      #expect(request.contains(#""text": "Met: unplug on tdf (schedule due, "#), "\(request)")
    }
  }

  @Test("A channel that fails changes no run; the records, list and history show it")
  func failing() async throws {
    try await withBed({
      """
      hook: {grafana: "http://127.0.0.1:9099", token-file: \($0)/token}
      dead: {alertmanager: "http://127.0.0.1:9"}
      good: {command: "cat >> \($0)/good; echo $MURPHY_EVENT $MURPHY_SCHEDULE >> \($0)/variables"}
      slow: {command: "sleep 60", timeout: 100ms, notices: [began]}

      """
    }) { bed in
      try bed.write("token", "glsa_stand_in\n")
      let server = try Self.receiver(bed)
      defer { server.kill() }
      try bed.write("status", "500")
      let outcome = try bed.schedule(["run-due"])
      #expect(outcome.code == 3, "\(outcome.errors)")
      #expect(try DurableFile.list("\(bed.folder)/reports").filter { $0.hasPrefix("2") }.count == 1)
      let deliveries = try bed.deliveries()
      #expect(deliveries.filter { $0.event == "sent" }.map(\.channel) == ["good", "good"])
      let failed = Set(deliveries.filter { $0.event == "unsent" }.compactMap(\.channel))
      #expect(failed == ["hook", "dead", "slow"])
      #expect(
        deliveries.contains {
          $0.channel == "hook"
            && $0.reason?.contains("status 500: {\"message\": \"from the receiver\"}") == true
        }, "\(deliveries)")
      #expect(try bed.text("variables") == "began due\nnot-made due\n")
      #expect(try bed.text("good").contains(#""event":"not-made""#))
      let history = try MurphyProgram.run([
        "history", "--reports", "\(bed.folder)/reports", "--out", "\(bed.folder)/pages",
      ])
      #expect(history.code == 0, "\(history.errors)")
      let page = try bed.text("pages/unplug@tdf.html")
      #expect(page.contains("a notice was not delivered to hook (1 attempt)"))
    }
  }

  @Test("A secret that others can read is refused, and so is one that is not a webhook's")
  func secrets() async throws {
    try await withBed({ "hook: {webhook: \"http://127.0.0.1:9099/\", secret-file: \($0)/secret}" }) { bed in
      try bed.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", mode: 0o644)
      #expect(chmod("\(bed.folder)/secret", 0o644) == 0)
      let open = try bed.schedule(["notify"])
      #expect(open.code == 3)
      #expect(
        open.output.hasPrefix("hook: not sent: \(bed.folder)/secret must be a file that only"),
        "\(open.output)")
      #expect(chmod("\(bed.folder)/secret", 0o600) == 0)
      try bed.write("secret", "whsec_c2hvcnQ=\n")
      let short = try bed.schedule(["notify"])
      #expect(short.output.contains("\(bed.folder)/secret: expected a secret of 24 bytes"), "\(short.output)")
      _ = unlink("\(bed.folder)/secret")
      #expect(try bed.schedule(["notify"]).output.contains("\(bed.folder)/secret"))
    }
  }
}
