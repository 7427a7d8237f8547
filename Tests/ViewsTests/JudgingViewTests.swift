import Journal
import Scenario
import Testing
import Views

private func view(_ kind: String, _ parameters: [String: String]) -> ViewSpec {
  ViewSpec(kind, parameters.mapValues { .string($0) })
}

private let fleet = Fleet(
  name: "lab",
  hosts: [
    .init(name: "falco", ssh: "root@10.77.1.13", links: [:]),
    .init(name: "dauntless", ssh: "root@10.77.1.11", links: [:]),
  ],
  vms: [.init(name: "web", domain: "web")])

@Suite struct AlertmanagerTests {
  private let spec = view("alertmanager", ["url": "http://10.77.2.250:9093/"])

  private func verdict(_ answer: String) throws -> Verdict {
    guard case .verdict(let verdict) = try #require(spec.belief([ViewAnswer(answer)])) else {
      throw ViewIsNoVerdict()
    }
    return verdict
  }

  private struct ViewIsNoVerdict: Error {}

  @Test("The query selects alerts that fire and are neither silenced nor inhibited")
  func question() throws {
    #expect(
      try spec.question()
        == .get(
          "http://10.77.2.250:9093/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=true")
    )
  }

  @Test("A firing alert is unhealthy, and its labels name the host that is down")
  func firing() throws {
    let verdict = try verdict(
      #"""
      [{"annotations":{},"endsAt":"2026-11-26T14:00:00Z","fingerprint":"a","receivers":[{"name":"ops"}],
        "startsAt":"2026-11-26T13:00:00Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},
        "updatedAt":"2026-11-26T13:00:00Z","generatorURL":"http://p","labels":{"alertname":"HostDown",
        "instance":"10.77.1.13:9100"}},
       {"labels":{"alertname":"Latency","vm":"web"}}]
      """#)
    #expect(verdict.words == "2 firing: HostDown (10.77.1.13:9100), Latency")
    #expect(!verdict.isWell && Belief.verdict(verdict).unwell() == verdict.words)
    #expect(verdict.isDown("falco", in: fleet) == true && verdict.isDown("dauntless", in: fleet) == false)
    #expect(verdict.isDown("web", in: fleet) == true && verdict.isDown("host", in: fleet) == true)
    #expect(verdict.isDown("anything", in: fleet) == true)
  }

  @Test("Without a firing alert the verdict is healthy")
  func well() throws {
    let verdict = try verdict("[]")
    #expect(verdict.isWell && verdict.words == "no alert fires")
    #expect(verdict.isDown("anything", in: fleet) == false && verdict.isDown("host", in: fleet) == false)
  }

  @Test(
    "An answer that isn't a list of alerts is unknown, not healthy", arguments: ["", "{}", "<html>", "[{}]"])
  func unknown(_ answer: String) throws {
    let verdict = try verdict(answer)
    #expect(verdict.unknown != nil && !verdict.isWell && verdict.isDown("anything", in: fleet) == nil)
  }

  @Test(
    "An alert is as old as its last update, by the server's clock; the newest alert counts",
    arguments: [
      ("Sat, 28 Nov 2026 11:37:41 GMT", 29), ("Sat, 28 Nov 2026 11:37:12 GMT", 0), ("yesterday", nil),
      ("Sat, 28 Nov 9999 11:37:12 GMT", nil), (nil, nil),
    ] as [(String?, Int64?)])
  func age(_ date: String?, _ expected: Int64?) {
    let alerts = #"""
      [{"labels":{"alertname":"A"},"updatedAt":"2026-11-28T11:37:11.563Z"},
       {"labels":{"alertname":"B"},"updatedAt":"2026-11-28T12:30:11+01:00"}]
      """#
    #expect(spec.belief([ViewAnswer(alerts, date: date)])?.age == expected.map { .seconds($0) })
    #expect(spec.belief([ViewAnswer("[]", date: date)])?.age == nil)
  }

  @Test("A URL with a query is refused")
  func query() {
    #expect(throws: ViewRefused.self) { try view("alertmanager", ["url": "http://a:9093/?x=1"]).question() }
  }
}

@Suite struct PrometheusTests {
  private func spec(unwell: String? = nil) -> ViewSpec {
    var parameters = ["url": "http://10.77.2.250:9090", "query": #"up{job="node"} + 1"#]
    parameters["unwell"] = unwell
    return view("prometheus", parameters)
  }

  private static let vector = #"""
    {"status":"success","data":{"resultType":"vector","result":[
      {"metric":{"__name__":"up","instance":"falco:9100"},"value":[1700000000.1,"0"]},
      {"metric":{"__name__":"up","instance":"dauntless:9100"},"value":[1700000000,"1"]}]}}
    """#

  @Test("The expression is escaped")
  func question() throws {
    #expect(
      try spec().question()
        == .get("http://10.77.2.250:9090/api/v1/query?query=up%7Bjob%3D%22node%22%7D%20%2B%201"))
  }

  @Test(
    "A selector is queried with the ages of its samples, and every other expression unchanged",
    arguments: [
      ("up", true), (#"up{job=~"a{2}|b",x!=""}"#, true), ("job:up:sum", true), ("sum(up)", false),
      ("up == 0", false), ("up offset 1m", false), ("up[1m]", false), ("NaN", false), ("1", false),
      (#"{__name__="up"}"#, false), (#"up{__name__="up"}"#, false), (#"up{a="b"} or up{a="c"}"#, false),
      (#"up{a="\""}"#, false), ("up{a='b'}", false), ("up # x", false),
    ])
  func ages(_ query: String, _ hasAges: Bool) throws {
    let spec = view("prometheus", ["url": "http://10.77.2.250:9090", "query": query])
    guard case .get(let url, _) = try spec.question() else {
      Issue.record("no URL")
      return
    }
    #expect(url.contains("timestamp") == hasAges)
  }

  @Test(
    "An unhealthy verdict is as old as its newest complaint, and a healthy one as its oldest sample",
    arguments: [("< 1", 2500), ("< 2", 2500), ("< 0", 14000)] as [(String, Int64)])
  func age(_ unwell: String, _ expected: Int64) throws {
    let answer = Self.vector.replacing(
      "]}}",
      with: #"""
        ,{"metric":{"murphy_age":"s","instance":"falco:9100"},"value":[1700000000,"2.5"]},
        {"metric":{"murphy_age":"s","instance":"dauntless:9100"},"value":[1700000000,"14"]}]}}
        """#)
    #expect(spec(unwell: unwell).belief([ViewAnswer(answer)])?.age == .milliseconds(expected))
    let known = try #require(spec(unwell: unwell).belief([ViewAnswer(Self.vector)]))
    #expect(
      known.age == nil && spec(unwell: unwell).belief([ViewAnswer(answer)])?.hasContent(of: known) == true)
  }

  @Test("An age that is no age is not known", arguments: ["-1", "NaN", "+Inf", "1e300"])
  func noAge(_ text: String) {
    let answer = Self.vector.replacing(
      "]}}",
      with: #",{"metric":{"murphy_age":"s","instance":"falco:9100"},"value":[1700000000,"\#(text)"]}]}}"#)
    let belief = spec(unwell: "< 1").belief([ViewAnswer(answer)])
    #expect(belief?.age == nil && belief?.unwell() != nil)
  }

  @Test("Series that meet the threshold are unhealthy, and their labels name the host")
  func threshold() throws {
    guard case .verdict(let verdict)? = spec(unwell: "< 1").belief([ViewAnswer(Self.vector)]) else {
      Issue.record("no verdict")
      return
    }
    #expect(verdict.words == #"up{instance="dauntless:9100"} 1, up{instance="falco:9100"} 0"#)
    #expect(verdict.complaints.map(\.name) == [#"up{instance="falco:9100"} 0"#])
    #expect(verdict.isDown("falco", in: fleet) == true && verdict.isDown("dauntless", in: fleet) == false)
  }

  @Test(
    "Each comparison works",
    arguments: [
      (">", [false, false, true]), (">=", [false, true, true]), ("<", [true, false, false]),
      ("<=", [true, true, false]), ("==", [false, true, false]), ("!=", [true, false, true]),
    ])
  func comparisons(_ sign: String, _ expected: [Bool]) {
    let passed = ["0", "0.5", "+Inf"].map { value in
      spec(unwell: "\(sign) 0.5").belief([ViewAnswer(Self.scalar(value))])?.unwell() != nil
    }
    #expect(passed == expected)
  }

  private static func scalar(_ value: String) -> String {
    #"{"status":"success","data":{"resultType":"scalar","result":[1700000000,"\#(value)"]}}"#
  }

  @Test("NaN is unknown with every comparison, also beside another series, and is shown without one")
  func notANumber() throws {
    func verdict(_ answer: String, unwell: String?) throws -> Verdict {
      guard case .verdict(let verdict)? = spec(unwell: unwell).belief([ViewAnswer(answer)]) else {
        throw NoVerdict()
      }
      return verdict
    }
    let vector = Self.vector.replacing(#""0"]"#, with: #""NaN"]"#)
    #expect(vector != Self.vector)
    for sign in [">", ">=", "<", "<=", "==", "!="] {
      for answer in [Self.scalar("NaN"), vector] {
        let verdict = try verdict(answer, unwell: "\(sign) 5")
        #expect(verdict.unknown != nil && !verdict.isWell)
      }
    }
    #expect(
      try verdict(vector, unwell: "> 0").unknown
        == #"prometheus: up{instance="falco:9100"} is NaN, so 'unwell' can't be applied"#)
    #expect(try verdict(Self.scalar("NaN"), unwell: nil).words == "NaN")
  }

  private struct NoVerdict: Error {}

  @Test("Without a threshold, any value is healthy")
  func noThreshold() { #expect(spec().belief([ViewAnswer(Self.vector)])?.unwell() == nil) }

  @Test(
    "An error, another type and invalid JSON are unknown, not healthy",
    arguments: [
      (#"{"status":"error","errorType":"bad_data","error":"parse error"}"#, "prometheus: parse error"),
      (
        #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
        "prometheus: 'query' gives a matrix, not a scalar or an instant vector"
      ), ("", "prometheus: not understood: "), ("<html>", "prometheus: not understood: <html>"),
      (
        #"{"status":"success","data":{"resultType":"scalar","result":[1,"x"]}}"#,
        #"prometheus: not understood: {"status":"success","data":{"resultType":"scalar","result":[1,"x"]}}"#
      ),
    ])
  func unknown(_ answer: String, _ reason: String) {
    #expect(spec(unwell: "> 1").belief([ViewAnswer(answer)])?.unknown == reason)
  }

  @Test(
    "A threshold that is not a comparison is refused",
    arguments: ["", "1", "> x", ">1", "=> 1", "> inf", "> 1 2"])
  func badThreshold(_ text: String) {
    #expect(throws: ViewRefused.self) { try spec(unwell: text).question() }
  }

  @Test("A view without an expression is refused")
  func noQuery() {
    #expect(throws: ViewRefused.self) { try view("prometheus", ["url": "http://a:9090"]).question() }
  }
}

@Suite struct ViewListTests {
  @Test("Each kind of view has its own key, different from the keys of all views")
  func keys() {
    let keys = Views.all.map(\.key)
    #expect(Set(keys).count == keys.count)
    let further = Views.all.flatMap(\.further).map(\.name)
    #expect(Set(keys + further).isDisjoint(with: ["every", "from", "aside"]))
    let asked = Views.all.flatMap(\.discovery).map { "\($0.name)" }
    #expect(Set(asked).count == asked.count)
    #expect(Set(keys).isDisjoint(with: Views.all.flatMap(\.further).map(\.name)))
  }

  @Test("An unknown kind of view is refused, and has no belief")
  func unknown() {
    let spec = ViewSpec("moon")
    #expect(throws: ViewRefused.self) { try spec.question() }
    #expect(spec.form == nil && spec.belief([ViewAnswer("")]) == nil && spec.belief(unknown: "x") == nil)
  }

  @Test("The wrong number of answers is unknown, not a crash", arguments: ["gluster", "pacemaker"])
  func answers(_ kind: String) {
    for count in [0, 3] {
      let answers = [ViewAnswer](repeating: ViewAnswer(""), count: count)
      #expect(ViewSpec(kind).belief(answers)?.unknown != nil)
    }
  }
}
