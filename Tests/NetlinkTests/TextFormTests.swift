import FoundationEssentials
import Testing

@testable import Netlink

@Suite struct TextFormTests {
  @Test(
    "An IP address is read as it is written",
    arguments: ["10.0.0.1", "0.0.0.0", "fd00::1", "::", "fe80::5054:ff:fe12:3456"])
  func addressReadsWhatItWrites(text: String) throws {
    #expect(try #require(IPAddress(text)).description == text)
  }

  @Test(
    "A text that isn't an IP address is refused",
    arguments: ["", "10.0.0", "10.0.0.256", "fd00:::1", "10.0.0.1/24", "eth0"])
  func addressRefuses(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test("A prefix is read as it is written", arguments: ["10.0.0.1/24", "0.0.0.0/0", "fd00::1/128"])
  func prefixReadsWhatItWrites(text: String) throws {
    #expect(try #require(IPPrefix(text)).description == text)
  }

  @Test(
    "A text that isn't a prefix is refused",
    arguments: [
      "10.0.0.1", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/", "fd00::1/129", "/24", "10.0.0.1/24/8",
    ])
  func prefixRefuses(text: String) {
    #expect(IPPrefix(text) == nil)
  }

  @Test("A hardware address is read and written in hexadecimal")
  func hardwareAddress() throws {
    #expect(try #require(HardwareAddress("52:54:00:12:34:5a")).bytes == [0x52, 0x54, 0, 0x12, 0x34, 0x5a])
    #expect(HardwareAddress(bytes: [0x52, 0x54, 0, 0x12, 0x34, 0x5a]).description == "52:54:00:12:34:5a")
    for wrong in ["", "52", "52:5", "52:540", "52:zz", "52::00"] where wrong != "52" {
      #expect(HardwareAddress(wrong) == nil, "\(wrong)")
    }
  }

  @Test(
    "A traffic control handle is read and written",
    arguments: [
      ("root", TrafficControlHandle.root), ("ingress", .ingress), ("1:10", .init(major: 1, minor: 0x10)),
      ("8001:0", .init(major: 0x8001)),
    ])
  func handle(text: String, handle: TrafficControlHandle) {
    #expect(handle.description == text)
    #expect(TrafficControlHandle(text: text) == handle)
  }

  @Test("Octets are read and written in hexadecimal")
  func octetsAreHexadecimal() {
    #expect(Octets([0x00, 0xff, 0x1a]).description == "00ff1a")
    #expect(Octets(hexadecimal: "00FF1a") == Octets([0x00, 0xff, 0x1a]))
    #expect(Octets(hexadecimal: "0") == nil)
    #expect(Octets(hexadecimal: "0g") == nil)
  }

  @Test("An error names the operation, the object, the reason and the next step")
  func errorSaysWhatWhereWhyAndTheWayOut() {
    let error = NetlinkError(
      operation: "add", object: "qdisc x", code: 1, kernelMessage: "Specified qdisc kind is unknown")
    #expect(
      error.description
        == "cannot add qdisc x: Operation not permitted (errno 1): Specified qdisc kind is unknown; "
        + "run as root, or with CAP_NET_ADMIN in this network namespace")
  }

  @Test("The JSON of a qdisc has readable handles and options")
  func jsonIsReadable() throws {
    let qdisc = Qdisc(kind: "tbf", handle: .init(major: 1), options: Octets([1, 2]))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(
      String(decoding: try encoder.encode(qdisc), as: UTF8.self)
        == #"{"handle":"1:0","kind":"tbf","options":"0102","parent":"root"}"#)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([IPPrefix].self, from: Data(#"["10.0.0.1/99"]"#.utf8))
    }
  }

  @Test("A route's description has the syntax of ip route")
  func routeReadsLikeTheCommand() throws {
    let route = Route(
      to: try #require(IPPrefix("10.1.0.0/16")),
      via: [
        NextHop(link: 3, gateway: IPAddress("10.0.0.2")),
        NextHop(link: 4, gateway: IPAddress("fd00::2"), weight: 2),
      ],
      metric: 7,
      attributes: [RawAttribute(type: Route.Attribute.metrics, payload: Octets([8, 0, 2, 0, 0x78, 5, 0, 0]))])
    #expect(
      route.description
        == "10.1.0.0/16 nexthop via 10.0.0.2 dev #3 nexthop via fd00::2 dev #4 weight 2 table main proto static "
        + "scope global metric 7 mtu 1400")
  }
}
