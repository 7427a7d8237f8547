import FoundationEssentials
import Journal
import Scenario
import Testing
import Views

/// `http-json`, with answers of real programs.
@Suite struct HTTPJSONTests {
  private static func spec(_ field: String, _ further: [String: String] = [:]) -> ViewSpec {
    ViewSpec(
      "http-json",
      [
        "url": .string("http://10.77.2.101:9200/_cluster/health?local=true"), "field": .string(field),
      ].merging(further.mapValues { .string($0) }) { $1 })
  }

  /// Elasticsearch's `_cluster/health`.
  private static let elasticsearch = #"""
    {"cluster_name":"testcluster","status":"yellow","timed_out":false,"number_of_nodes":1,
    "active_shards_percent_as_number":50.5}
    """#
  /// etcd's `/health`.
  private static let etcd = #"{"health":"true","reason":""}"#
  /// Patroni's `/cluster`, shortened.
  private static let patroni = #"""
    {"members":[{"name":"db1","role":"leader","state":"running","timeline":4},
    {"name":"db/2","role":"replica","state":"running","lag":0}],"scope":"main"}
    """#

  private func verdict(_ answer: String, _ spec: ViewSpec) throws -> Verdict {
    guard case .verdict(let verdict) = try #require(spec.belief([ViewAnswer(answer)])) else {
      throw ViewIsNoVerdict()
    }
    return verdict
  }

  private struct ViewIsNoVerdict: Error {}

  @Test("The controller gets the URL as it is")
  func question() throws {
    #expect(
      try Self.spec("/status").question() == .get("http://10.77.2.101:9200/_cluster/health?local=true"))
  }

  @Test("The bodies of the stated statuses are read, and of 200 if none is stated")
  func statuses() throws {
    var spec = Self.spec("/status")
    spec.parameters["statuses"] = .array([.integer(200), .integer(503)])
    #expect(
      try spec.question()
        == .get("http://10.77.2.101:9200/_cluster/health?local=true", accepting: [200, 503]))
    // As a journal or an agent reads it again.
    let copy = try JSONDecoder().decode(ViewSpec.self, from: JSONEncoder().encode(spec))
    #expect(try copy.question() == spec.question())
  }

  @Test("A value that differs from equals is a complaint that names the endpoint")
  func equals() throws {
    let verdict = try verdict(Self.elasticsearch, Self.spec("/status", ["equals": "green"]))
    #expect(verdict.words == "yellow")
    #expect(
      verdict.complaints == [.init(name: "/status is yellow", labels: ["instance": "10.77.2.101:9200"])])
    #expect(try self.verdict(Self.etcd, Self.spec("/health", ["equals": "true"])).isWell)
  }

  @Test(
    "Texts, numbers and truth values are compared as JSON writes them, in objects and lists",
    arguments: [
      (elasticsearch, "/timed_out", "false"), (elasticsearch, "/number_of_nodes", "1"),
      (elasticsearch, "/active_shards_percent_as_number", "50.5"), (patroni, "/members/0/role", "leader"),
      (patroni, "/members/1/name", "db/2"), (#"{"a/b":{"m~n":7}}"#, "/a~1b/m~0n", "7"),
    ])
  func scalars(_ answer: String, _ field: String, _ value: String) throws {
    let verdict = try verdict(answer, Self.spec(field, ["equals": value]))
    #expect(verdict.isWell && verdict.words == value)
    #expect(try !self.verdict(answer, Self.spec(field, ["equals": value + "0"])).isWell)
  }

  @Test("A number that meets unwell is a complaint")
  func threshold() throws {
    let field = "/active_shards_percent_as_number"
    #expect(try !verdict(Self.elasticsearch, Self.spec(field, ["unwell": "< 100"])).isWell)
    #expect(try verdict(Self.elasticsearch, Self.spec(field, ["unwell": "< 50"])).isWell)
  }

  @Test(
    "A field that is missing, is not a single value, or can't be compared is unknown, not healthy",
    arguments: ["/none", "/members", "/members/2/name", "/members/name", "/members/-1/name", "/scope/x", "/"])
  func unknown(_ field: String) throws {
    let verdict = try verdict(Self.patroni, Self.spec(field))
    #expect(verdict.unknown?.hasPrefix("http-json: ") == true && !verdict.isWell)
  }

  @Test(
    "An answer that is not JSON, or not a number where unwell needs one, is unknown",
    arguments: ["", "<html>", "{"])
  func noJSON(_ answer: String) throws {
    #expect(try verdict(answer, Self.spec("/status")).unknown == "http-json: not understood: \(answer)")
    #expect(try verdict(Self.elasticsearch, Self.spec("/status", ["unwell": "> 1"])).unknown != nil)
  }

  @Test("A field that is not a JSON Pointer, and a threshold that is not a comparison, are refused")
  func refused() {
    for spec in [
      Self.spec("status"), Self.spec(""), Self.spec("/status", ["unwell": "bad"]),
      ViewSpec("http-json", ["url": .string("ftp://x"), "field": .string("/a")]),
    ] {
      #expect(throws: ViewRefused.self) { try spec.question() }
    }
  }
}
