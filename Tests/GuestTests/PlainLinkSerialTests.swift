import Testing

/// One link, with nothing on top.
@Suite(.enabled("needs \(Guest.neededPrograms.joined(separator: ", "))") { Guest.isPossible })
struct PlainLinkSerialTests {
  @Test("A link's addresses and routes survive a carrier cut")
  func addressesAndRoutes() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        ip address add 192.0.2.1/24 dev eth0
        peer ip address add 192.0.2.254/24 dev eth0
        ip address add 2001:db8::1/64 dev eth0
        peer ip address add 2001:db8::fe/64 dev eth0
        ip route add default via 192.0.2.254
        ip -6 route add default via 2001:db8::fe
        """,
      faults: [.drop("eth0")],
      works: "ping -c 1 -W 2 192.0.2.254 && ping -6 -c 1 -W 2 2001:db8::fe",
      during: "! ping -c 1 -W 1 192.0.2.254",
      compared: ["ip route get 203.0.113.1", "ip -6 route get 2001:db8:ffff::1"]
    ).run()
  }
}
