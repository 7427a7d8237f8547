import Glibc
import Linux
import Scenario

/// prometheus-blackbox-exporter, which sends a request for each request that it receives. It ends with this object.
struct Blackbox {
  private static let program = "/usr/bin/prometheus-blackbox-exporter"

  private static let modules = """
    modules:
      tcp: {prober: tcp, timeout: 1s}
      http: {prober: http, timeout: 1s, http: {method: GET}}
      https: {prober: http, timeout: 1s, http: {method: GET, tls_config: {ca_file: \(ServedNetwork.certificate)}}}

    """

  private let exporter: ChildProcess

  /// Starts it on the processors of this process. Nil if it isn't installed.
  init?() throws {
    guard access(Self.program, X_OK) == 0 else { return nil }
    try DurableFile.write(Array(Self.modules.utf8), to: "/run/site/blackbox.yml")
    exporter = try ChildProcess([
      Self.program, "--config.file=/run/site/blackbox.yml", "--web.listen-address=127.0.0.1:9115",
      "--log.level=error",
    ])
    let wait = "until : < /dev/tcp/127.0.0.1/9115; do sleep 0.02; done 2> /dev/null"
    _ = try ChildProcess.run(["bash", "-c", wait], within: .seconds(20)).success()
  }

  /// Probes of the exporter, each of which makes it send the request of one of these probes.
  func probes(_ kind: String, for probes: [Fleet.Probe]) -> [Fleet.Probe] {
    probes.map { probe in
      let target = kind == "tcp" ? String(probe.target.dropFirst("tcp://".count)) : probe.target
      return Fleet.Probe(
        name: probe.name, kind: .http,
        target: "http://127.0.0.1:9115/probe?module=\(kind)&target=\(target)", every: probe.every,
        timeout: .seconds(2), options: ["expect": .object(["body": .string("\nprobe_success 1\n")])])
    }
  }

  /// Its processor time so far, in nanoseconds: fields 14 and 15 of /proc/PID/stat; see proc(5).
  func processorTime() throws(SystemError) -> Int64 {
    let path = "/proc/\(exporter.pid)/stat"
    let text = String(decoding: try DurableFile.read(path), as: UTF8.self)
    let fields = text.split(separator: " ").dropFirst(13).prefix(2).compactMap { Int64($0) }
    guard fields.count == 2 else { throw SystemError("read", path, errno: EPROTO) }
    return (fields[0] + fields[1]) * 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
  }
}
