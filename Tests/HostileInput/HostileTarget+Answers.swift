import FoundationEssentials
import Journal
import Probes
import Scenario
import Views

/// What services and tools answer.
extension HostileTarget {
  // MARK: Probed services

  /// The bytes of an answer, to each reader of the prober and the controller that has its own parser: a DNS message, an
  /// HTTP answer and a list of stored records.
  static func feedAnswer(_ input: [UInt8]) {
    _ = DNSMessage(input)
    let text = String(decoding: input, as: UTF8.self)
    _ = HTTPAnswer.read(text, "http://10.77.2.101/", [200])
    var stored = StoredAnswer()
    for line in text.split(separator: "\n") { stored.take(line) }
    _ = (stored.found, stored.owner)
  }

  static let answerSeeds: [[UInt8]] = [
    Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]".utf8),
    Array(
      "LOG 2 run-1.1\nREC 1 0 0 1a2b 0000000000000001\nREC 2 1 1a2b 3c4d 0000000000000002\nTORN 3\nOLD 4\nEND 2\n"
        .utf8),
    dnsAnswer,
  ]

  /// An answer with an A record, whose name is a pointer to the question's.
  private static let dnsAnswer: [UInt8] = [
    0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,  // the header: one question, one answer
    3, 0x77, 0x65, 0x62, 0, 0, 1, 0, 1,  // web, A, IN
    0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 77, 2, 101,
  ]

  // MARK: Views

  /// The views with all their parameters, so that an answer reaches every part of their readers.
  package static let viewSpecs: [ViewSpec] = Views.all.map { kind in
    ViewSpec(kind.key, viewParameters[kind.key] ?? [:])
  }

  private static let viewParameters: [String: [String: JSONValue]] = [
    "gluster": ["volume": .string("vms")],
    "proxmox": [
      "url": .string("https://10.77.2.11:8006"), "token": .string("/etc/murphy/proxmox.token"),
    ],
    "ovirt": ["url": .string("https://engine.example.org"), "login": .string("/etc/murphy/ovirt.login")],
    "alertmanager": ["url": .string("http://10.77.2.250:9093")],
    "prometheus": [
      "url": .string("http://10.77.2.250:9090"), "query": .string("up"), "unwell": .string("< 1"),
    ],
    "http-json": [
      "url": .string("http://10.77.2.101/health"), "field": .string("/members/0/state"),
      "equals": .string("running"), "unwell": .string("< 1"),
    ],
    "snmp": [
      "agent": .string("10.77.2.11"), "oid": .string("1.3.6.1.2.1.1.3.0"), "unwell": .string("> 1"),
    ],
    "webhook": ["listen": .string("10.77.2.1:9095"), "canary": .string("http://10.77.2.1:9093")],
    "sms": ["sent": .string("/var/spool/sms/sent")],
    "guest": ["domain": .string("web")],
    "command": ["command": .array([.string("check_disk")])],
  ]

  /// Answers of tools to each kind of view, and a notification to the webhook.
  static func feedViews(_ input: [UInt8]) {
    let parts = Self.parts(input).map { String(decoding: $0, as: UTF8.self) }
    let answers = parts.flatMap { text in
      [0, Int32(truncatingIfNeeded: text.utf8.count % 4)].map { ViewAnswer(text, exitCode: $0) }
    }
    for (kind, spec) in zip(Views.all, viewSpecs) {
      for count in 1...answers.count {
        _ = kind.belief(Array(answers.prefix(count)), spec).summary
        _ = kind.belief(Array(answers.suffix(count)), spec).summary
      }
      let fingerprint = kind.fingerprint(answers, spec)
      _ = kind.timers(fingerprint, spec)
      let names = kind.discovery.map { "\($0.name)" }
      _ = kind.discovered(Dictionary(uniqueKeysWithValues: zip(names, answers)))
    }
    _ = AlertNotification(parts[0])?.proves("run-1")
  }
}
