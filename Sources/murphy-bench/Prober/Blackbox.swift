import Glibc
import Linux
import Probes
import Scenario
import Synchronization

/// prometheus-blackbox-exporter, which sends a request for each request that it receives.
enum Blackbox {
  private static let program = "/usr/bin/prometheus-blackbox-exporter"

  private static let modules = """
    modules:
      tcp: {prober: tcp, timeout: 1s}
      http: {prober: http, timeout: 1s, http: {method: GET}}
      https: {prober: http, timeout: 1s, http: {method: GET, tls_config: {ca_file: \(ServedNetwork.certificate)}}}

    """

  /// Its number of requests per second of its processor time. Nil if it isn't installed. It gets the first ones of the
  /// same probes.
  static func measure(
    _ kind: String, probes count: Int, every: Int, seconds: Int
  ) throws -> ProberLine? {
    guard access(program, X_OK) == 0 else { return nil }
    try DurableFile.write(Array(modules.utf8), to: "/run/site/blackbox.yml")
    let exporter = try ChildProcess([
      program, "--config.file=/run/site/blackbox.yml", "--web.listen-address=127.0.0.1:9115",
      "--log.level=error",
    ])
    defer { exporter.kill() }
    let wait = "until : < /dev/tcp/127.0.0.1/9115; do sleep 0.02; done 2> /dev/null"
    _ = try ChildProcess.run(["bash", "-c", wait], within: .seconds(20)).success()
    let probes = (0..<count).map { number in
      let target = ProberBench.probe(kind, number).target
      let address = kind == "tcp" ? String(target.dropFirst("tcp://".count)) : target
      return Fleet.Probe(
        name: "p\(number)", kind: .http,
        target: "http://127.0.0.1:9115/probe?module=\(kind)&target=\(address)",
        every: .milliseconds(Int64(every)), timeout: .seconds(2),
        options: ["expect": .object(["body": .string("\nprobe_success 1\n")])])
    }
    let found = Mutex(ProberLine(kind: "blackbox \(kind)"))
    let before = try processorTime(of: exporter.pid)
    let prober = try Prober(probes, trial: 1, origin: 0) { sample in found.withLock { $0.take(sample) } }
    sleep(UInt32(seconds))
    prober.stop()
    var line = found.withLock { $0 }
    line.processorTime = try processorTime(of: exporter.pid) - before
    // The delays belong to the prober that queries the exporter.
    line.slips = []
    return line
  }

  /// In nanoseconds: fields 14 and 15 of /proc/PID/stat; see proc(5).
  private static func processorTime(of pid: Int32) throws(SystemError) -> Int64 {
    let path = "/proc/\(pid)/stat"
    let text = String(decoding: try DurableFile.read(path), as: UTF8.self)
    let fields = text.split(separator: " ").dropFirst(13).prefix(2).compactMap { Int64($0) }
    guard fields.count == 2 else { throw SystemError("read", path, errno: EPROTO) }
    return (fields[0] + fields[1]) * 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
  }
}
