import FoundationEssentials
import Linux
import Testing
import ToolTesting

/// `Tests/Oracles/judge.py`, with a capture of a service that answers ten requests a second and is down from 103.0 s to
/// 105.5 s of the wall clock. The run began at 100.3 s.
@Suite(.enabled("python3 is missing") { TestTools.have(["/usr/bin/python3"]) })
struct OracleTests {
  private static let script =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    + "/Oracles/judge.py"

  private struct Outage: Encodable {
    struct Length: Encodable {
      var low: Int64
      var high: Int64
    }
    var lastOk: Int64
    var firstFail: Int64
    var firstOk: Int64
    var firstAnswer: Int64
    var length: Length

    /// The true one: the first answer after it came at 105.51 s, to a request of 104.6 s.
    static let made = Outage(
      lastOk: 2_600_000_000, firstFail: 2_700_000_000, firstOk: 4_300_000_000, firstAnswer: 5_210_000_000,
      length: Length(low: 500_000_000, high: 2_610_000_000))
  }

  private func verdict(
    _ outages: [Outage], appending: Bool = false, unknown: Int = 0, dropped: Int = 0, damaged: Int = 0,
    fio: String? = nil
  ) throws -> (capture: String, fio: String) {
    try withTemporaryFolder { folder in
      let probes = String(decoding: try JSONEncoder().encode(outages), as: UTF8.self)
      try write(
        """
        {"run": "r", "wall": "1970-01-01T00:01:40Z", "metrics": {"trials": [{"begin": 0, "end": 9700000000,
         "leases": [], "choices": [], "placements": [],
         "probes": [{"probe": "website", "unknown": \(unknown), "outages": \(probes)}],
         "writes": [{"damaged": {"count": \(damaged)}}]}]}}
        """, to: "\(folder)/run.json")
      try write(
        #"{"value": {"fleet": {"probes": [{"name": "website", "kind": "\#(appending ? "append" : "http")", "#
          + #""target": "\#(appending ? "tcp" : "http")://10.77.2.101:80", "timeout": 1000000000}]}}}"#
          + "\n", to: "\(folder)/events.jsonl")
      try write("0 packets captured\n\(dropped) packets dropped by kernel\n", to: "\(folder)/tcpdump.log")
      if let fio { try write(fio, to: "\(folder)/fio.falco.read.json") }
      try Data(Capture.bytes(appending: appending)).write(to: URL(filePath: "\(folder)/packets.pcap"))
      let outcome = try ChildProcess.run(["python3", Self.script, folder, folder])
      try #require(outcome.end.isSuccess, "\(outcome.errorText)")
      struct Verdict: Decodable {
        struct Opinion: Decodable {
          var agrees: Bool?
          var detail: String
          var words: String { "\(agrees.map(String.init) ?? "null"): \(detail)" }
        }
        var tcpdump: Opinion
        var fio: Opinion
      }
      let verdict = try JSONDecoder().decode(Verdict.self, from: Data(outcome.outputText.utf8))
      return (verdict.tcpdump.words, verdict.fio.words)
    }
  }

  private struct Prediction: Decodable, Equatable {
    var failed = "falco"
    var vm = "shop"
    var predicted: [String]
    var observed: [String]
  }

  /// The predictions for a run whose fault is effective from 10.0 to 10.2 s, and whose machine runs on these hosts from
  /// these seconds on. Its resource is called web-domain.
  private func predictions(
    _ fault: String, on host: String = "falco", simulated: String?, ran: [(host: String, from: Double)]
  ) throws -> [Prediction] {
    try withTemporaryFolder { folder in
      let segments = ran.map {
        #"{"host": "\#($0.host)", "state": "running", "begin": \#(Int($0.from * 1e9)), "uncertainty": 0}"#
      }
      try write(
        """
        {"run": "r", "wall": "1970-01-01T00:01:40Z", "metrics": {"trials": [{"probes": [],
         "choices": [{"step": "s", "hosts": ["falco"], "vms": []}],
         "leases": [{"step": "s", "host": "\(host)", "fault": "\(fault)",
           "effective": {"estimate": 10100000000, "low": 10000000000, "high": 10200000000}}],
         "placements": [{"vm": "shop", "segments": [\(segments.joined(separator: ", "))]}]}]}}
        """, to: "\(folder)/run.json")
      try write(
        #"{"value": {"fleet": {"hosts": [{"name": "excelsior"}, {"name": "falco"}], "#
          + #""vms": [{"name": "shop", "domain": "web-domain"}]}}}"# + "\n", to: "\(folder)/events.jsonl")
      if let simulated {
        // The parts of crm_simulate's output that are read.
        func resources(_ nodes: String, _ role: String) -> String {
          "<resources><resource id=\"web-domain\" role=\"\(role)\">\(nodes)</resource></resources>"
        }
        let after =
          simulated.isEmpty
          ? resources("", "Stopped") : resources("<node name=\"\(simulated)\" id=\"2\"/>", "Started")
        try write(
          """
          <pacemaker-result request="crm_simulate"><cluster_status>
          \(resources("<node name=\"falco\" id=\"3\"/>", "Started"))</cluster_status>
          <revised_cluster_status>\(after)</revised_cluster_status></pacemaker-result>
          """, to: "\(folder)/pacemaker.falco.xml")
      }
      let outcome = try ChildProcess.run(["python3", Self.script, folder, folder])
      try #require(outcome.end.isSuccess, "\(outcome.errorText)")
      struct Verdict: Decodable { var pacemaker: [Prediction] }
      return try JSONDecoder().decode(Verdict.self, from: Data(outcome.outputText.utf8)).pacemaker
    }
  }

  @Test("Pacemaker's prediction for a broken host is beside the host on which its machine ran next")
  func predicted() throws {
    let moved = [(host: "falco", from: 0.0), (host: "excelsior", from: 40)]
    let same = Prediction(predicted: ["excelsior"], observed: ["excelsior"])
    #expect(try predictions("host.unplug", simulated: "excelsior", ran: moved) == [same])
    // Of a fault that the controller injects, the step has the host.
    #expect(try predictions("host.power", on: "controller", simulated: "excelsior", ran: moved) == [same])
    #expect(
      try predictions("host.freeze", simulated: "excelsior", ran: [moved[0]])
        == [Prediction(predicted: ["excelsior"], observed: [])])
    #expect(
      try predictions("host.unplug", simulated: "", ran: moved)
        == [Prediction(predicted: [], observed: ["excelsior"])])
    // It ran elsewhere before the fault only.
    #expect(
      try predictions("host.unplug", simulated: "falco", ran: [("excelsior", 2), ("falco", 5)])
        == [Prediction(predicted: ["falco"], observed: [])])
  }

  @Test(
    "A fault that leaves its host in the cluster has no prediction, and neither has a lab without Pacemaker")
  func notPredicted() throws {
    #expect(try predictions("brick.stop", simulated: "excelsior", ran: [("falco", 0)]).isEmpty)
    #expect(try predictions("host.unplug", simulated: nil, ran: [("falco", 0)]).isEmpty)
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test("A capture agrees with the outage that was made")
  func agreement() throws {
    #expect(try verdict([.made]).capture == "true: 1 outage")
  }

  @Test("An outage that is shorter than captured, or at another time, is refused")
  func differences() throws {
    var short = Outage.made
    short.length.high = 1_000_000_000
    #expect(
      try verdict([short]).capture.hasPrefix("false: website: reported 0.5 to 1.0 s, captured "))
    // More than the wall clock's whole seconds can explain.
    var late = Outage.made
    (late.lastOk, late.firstOk, late.firstAnswer) =
      (late.lastOk + 2_000_000_000, late.firstOk + 2_000_000_000, late.firstAnswer + 2_000_000_000)
    #expect(try verdict([late]).capture.hasPrefix("false: "))
  }

  @Test("Requests without an answer that no outage and no unknown sample explains are refused")
  func unreported() throws {
    #expect(try verdict([]).capture.hasPrefix("false: website: 15 requests without an answer"))
    #expect(try verdict([], unknown: 15).capture == "true: 0 outages")
  }

  @Test("The questions of a data check about the service's log are not samples")
  func questionsOfTheDataCheck() throws {
    #expect(try verdict([.made], appending: true).capture == "true: 1 outage")
    #expect(try verdict([], appending: true, unknown: 14).capture.hasPrefix("false: website: 15 requests"))
  }

  @Test("A capture that lost packets is not judged")
  func incomplete() throws {
    #expect(try verdict([.made], dropped: 3).capture == "null: the capture is incomplete: see tcpdump.log")
  }

  @Test("fio agrees if both or neither of them found a loss")
  func lostWrites() throws {
    func read(_ errors: Int) -> String {
      "verify: bad magic header\n{\n\"jobs\": [{\"read\": {\"total_ios\": 100}, \"total_err\": \(errors)}]}"
    }
    #expect(try verdict([.made]).fio == "null: fio was not read")
    #expect(try verdict([.made], fio: read(0)).fio == "true: 0 of 100 blocks lost")
    #expect(try verdict([.made], fio: read(2)).fio == "false: 2 of 100 blocks lost")
    #expect(try verdict([.made], damaged: 1, fio: read(0)).fio == "false: 0 of 100 blocks lost")
    #expect(try verdict([.made], damaged: 1, fio: read(2)).fio == "true: 2 of 100 blocks lost")
  }
}

/// A capture as tcpdump writes it, of requests at 100.4, 100.5 … 109.9 s. An answer comes after 10 ms, or at 105.51 s for a
/// request after 103.0 s. An appending service is also asked for its log, and reset.
private enum Capture {
  static func bytes(appending: Bool) -> [UInt8] {
    var bytes: [UInt8] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 8)
    bytes += little(65_535) + little(1)
    var packets: [(micros: Int, bytes: [UInt8])] = []
    for number in 0..<96 {
      let sent = 100_400_000 + number * 100_000
      let answered = (103_000_000..<105_500_000).contains(sent) ? 105_510_000 : sent + 10_000
      let client = 40_000 + number
      let question = appending ? "APPEND \(number) 1234\n" : "GET / HTTP/1.0\r\n\r\n"
      let answer = appending ? "OK \(number)\n" : "HTTP/1.0 200 OK\r\n\r\n"
      packets.append((sent, packet(from: client, to: 80, flags: 0x02, "")))
      packets.append((sent + 1_000, packet(from: client, to: 80, flags: 0x18, question)))
      packets.append((answered, packet(from: 80, to: client, flags: 0x18, answer)))
    }
    if appending {
      for (client, question, answer) in [(50_000, "LOG\n", "LOG 2 -\n"), (50_001, "RESET - run\n", "OK 0\n")]
      {
        packets.append((100_850_000, packet(from: client, to: 80, flags: 0x02, "")))
        packets.append((100_851_000, packet(from: client, to: 80, flags: 0x18, question)))
        packets.append((100_852_000, packet(from: 80, to: client, flags: 0x18, answer)))
      }
    }
    for packet in packets.sorted(by: { $0.micros < $1.micros }) {
      bytes += little(packet.micros / 1_000_000) + little(packet.micros % 1_000_000)
      bytes += little(packet.bytes.count) + little(packet.bytes.count) + packet.bytes
    }
    return bytes
  }

  /// Ethernet, IPv4 and TCP, without the fields that the reader ignores.
  private static func packet(from source: Int, to target: Int, flags: UInt8, _ text: String) -> [UInt8] {
    let payload = Array(text.utf8)
    let (service, client): ([UInt8], [UInt8]) = ([10, 77, 2, 101], [10, 77, 2, 250])
    let addresses = source == 80 ? service + client : client + service
    let ethernet = [UInt8](repeating: 0, count: 12) + [0x08, 0x00]
    let version: [UInt8] = [0x45, 0] + big(40 + payload.count) + [0, 0, 0, 0, 64, 6, 0, 0]
    let ports = big(source) + big(target)
    let rest: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags] + [UInt8](repeating: 0, count: 6)
    return ethernet + version + addresses + ports + rest + payload
  }

  private static func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
  private static func little(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(value >> (8 * $0) & 255) }
  }
}
