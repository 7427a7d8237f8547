import FoundationEssentials
import Testing

@testable import Nftables

@Suite struct SyntaxTests {
  @Test(
    "A valid nft name is accepted",
    arguments: ["murphy", "m", "Murphy_2-a", String(repeating: "a", count: 63)])
  func nameIsTaken(text: String) throws {
    #expect(try NftablesName(text).text == text)
  }

  @Test(
    "A name that nft could misread is refused",
    arguments: [
      "", "2a", "-a", "_a", "a b", "a;b", "a\nb", "a{", "a\"", "ä", "a.b", String(repeating: "a", count: 64),
    ])
  func nameIsRefused(text: String) {
    #expect(throws: NftablesError.self) { try NftablesName(text) }
  }

  @Test(
    "A valid interface name is accepted",
    arguments: ["eth0", "enp3s0f1", "br-lan", "eth0.100", "a@b", "012345678901234"])
  func interfaceIsTaken(text: String) throws {
    #expect(try InterfaceName(text).text == text)
  }

  @Test(
    "An interface name that the kernel or nft could misread is refused",
    arguments: [
      "", ".", "..", "eth 0", "eth0\n", "eth/0", "eth:0", "eth*", "a\"b", "a\\b", "ä", "0123456789012345",
      "a\0",
    ])
  func interfaceIsRefused(text: String) {
    #expect(throws: NftablesError.self) { try InterfaceName(text) }
  }

  @Test(
    "A text that isn't an address is refused",
    arguments: ["", "10.0.0", "10.0.0.1/24", "10.0.0.1; drop", "::g", "fe80::1%eth0"])
  func addressIsRefused(text: String) {
    #expect(throws: NftablesError.self) { try PacketAddress(text) }
  }

  @Test("A name is checked when it is decoded")
  func nameIsCheckedWhenRead() throws {
    #expect(try JSONDecoder().decode([NftablesName].self, from: Data(#"["murphy"]"#.utf8)) == ["murphy"])
    #expect(throws: NftablesError.self) {
      try JSONDecoder().decode([NftablesName].self, from: Data(#"["a; flush ruleset"]"#.utf8))
    }
  }

  @Test(
    "A timeout is written in seconds and milliseconds, rounded up",
    arguments: [
      (Duration.seconds(90), "90s0ms"), (.milliseconds(1500), "1s500ms"), (.nanoseconds(1), "0s1ms"),
      (.nanoseconds(999_000_001), "1s"),
    ])
  func timeout(duration: Duration, text: String) throws {
    #expect(try duration.nftSyntax() == text)
  }

  // nft reads 0 as "no timeout".
  @Test(
    "A timeout that isn't positive, or is too long, is refused",
    arguments: [Duration.zero, .seconds(-1), .seconds(1_000_000_000)])
  func timeoutThatWouldNeverEndIsRefused(duration: Duration) {
    #expect(throws: NftablesError.invalidTimeout(duration)) { try duration.nftSyntax() }
  }

  @Test("A table is written in nft's syntax")
  func tableIsWritten() throws {
    let table = Table(
      .init(.netdev, "murphy"),
      sets: [
        NamedSet("cut", of: .interfaceName, elements: [.init(.interface("eth0"), timeout: .seconds(9))]),
        NamedSet(
          "lock", of: .networkProtocol,
          elements: [.init(.ipv4, timeout: .seconds(1)), .init(.ipv6, timeout: .seconds(2))]),
      ],
      chains: [
        Chain(
          "out", at: .egress(device: "eth0"), priority: -500,
          rules: [
            .accept(.connectionState([.established, .related]), .inputInterface("lo")),
            .accept(.destinationPort(.tcp, [443, 22, 443])), .accept(.sourcePort(.udp, [53])),
            .accept(.icmp6([.neighbourAdvertisement, .packetTooBig])),
            .drop(
              .networkProtocolIn("lock"),
              where: .source(.ipv6, [try PacketAddress("FD00:0::1"), try PacketAddress("::ffff:10.0.0.1")])),
            .drop(
              .inputInterfaceIn("cut"), .outputInterfaceIn("cut"), .networkProtocolIn("lock"), counted: true),
          ])
      ])
    #expect(
      try table.syntax() == """
        table netdev murphy {
        set cut { type ifname; flags timeout; elements = { "eth0" timeout 9s0ms }; }
        set lock { type nf_proto; flags timeout; elements = { ipv4 timeout 1s0ms, ipv6 timeout 2s0ms }; }
        chain out { type filter hook egress device "eth0" priority -500; policy accept;
        ct state established,related iifname "lo" accept
        tcp dport { 22, 443 } accept
        udp sport { 53 } accept
        icmpv6 type { packet-too-big, nd-neighbor-advert } accept
        meta nfproto @lock ip6 saddr { fd00::1, ::ffff:10.0.0.1 } drop
        iifname @cut oifname @cut meta nfproto @lock counter drop
        }
        }

        """)
  }

  @Test("Each line of a ruleset names its table, chain or set")
  func rulesetLinesAreSelfContained() {
    let listing = """
      # Warning: table ip filter is managed by iptables-nft, do not touch!
      table inet filter {
      \tset banned {
      \t\ttype ipv4_addr
      \t\tflags timeout
      \t\telements = { 10.0.0.9 timeout 1h, 10.0.0.2 comment "a, b",
      \t\t\t     10.0.0.1 }
      \t}

      \tchain input {
      \t\ttype filter hook input priority filter; policy drop;
      \t\ttcp dport { 22, 80 } accept
      \t}
      }
      """
    #expect(
      NftablesContext.lines(of: listing) == [
        "table inet filter",
        "table inet filter / set banned",
        "table inet filter / set banned / type ipv4_addr",
        "table inet filter / set banned / flags timeout",
        "table inet filter / set banned / element 10.0.0.1",
        "table inet filter / set banned / element 10.0.0.2 comment \"a, b\"",
        "table inet filter / chain input",
        "table inet filter / chain input / type filter hook input priority filter; policy drop;",
        "table inet filter / chain input / tcp dport { 22, 80 } accept",
      ])
  }
}
