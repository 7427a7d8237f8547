import Testing

@testable import Lab

/// Rate and delay of a lab's network, on a kernel that has netem.
@Suite(.enabled("needs \(Guest.neededPrograms.joined(separator: ", "))") { Guest.isPossible })
struct LabNetworkSerialTests {
  @Test(
    "A port with rate and delay delays packets in both directions")
  func shaping() async throws {
    var network = LabNetwork(name: "internal", role: .storage, prefix: "10.1.1", link: "eth1")
    network.rate = 100_000_000
    network.delay = .milliseconds(20)
    let shaping = network.shaping
    let trial = network.trial
    try await withGuestHost { host in
      #expect(try host.run("lacks() { ! \"$@\"; }\n\(trial)") == "")
      let result = try host.run(
        """
        cable eth0
        ip address add 192.0.2.1/24 dev eth0
        peer ip address add 192.0.2.2/24 dev eth0
        set -- eth0
        \(shaping)
        ping -q -c 3 192.0.2.2 | sed -n 's,.*= *\\([0-9]*\\)\\..*,\\1,p'
        tc qdisc show dev eth0
        tc qdisc show dev eth0-i
        """
      ).split(separator: "\n")
      let shortest = try #require(result.first.flatMap { Int($0) }, "\(result)")
      #expect(shortest >= 20)
      let queues = result.dropFirst().map { $0.split(separator: " ")[1] }
      #expect(queues == ["netem", "tbf", "ingress", "tbf"])
    }
  }
}
