import Foundation
import Glibc
import Libvirt
import Linux
import ToolTesting

/// A real libvirtd with QEMU's driver, in its own mount, pid and network namespaces.
///
/// Its root is an overlay on the machine's, in memory, with its own /run, /etc/libvirt and /var/lib/libvirt. Only the
/// folder of its sockets is shared with the outside, at the same path. PID 1 reaps orphans; otherwise libvirtd would
/// wait long for the children of its QEMU probes. Everything ends with PID 1, and PID 1 ends with this process, because
/// its stdin ends.
final class PrivateLibvirtd {
  static let hostUUID = UUID()

  private let folder: URL
  /// Everything ends when its stdin ends.
  private var process: ChildProcess?

  static let isPossible =
    getuid() == 0
    && TestTools.have([
      "/usr/sbin/libvirtd", "/usr/bin/qemu-system-x86_64", "/usr/bin/virsh", "/usr/bin/tini",
    ])

  var uri: String { "qemu+unix:///system?socket=\(socket)" }

  private var socket: String { shared + "/libvirt-sock" }

  /// A folder that libvirtd and its guests see at the same path.
  var shared: String { folder.path + "/sockets" }

  /// Runs `body` with a libvirtd that answers. Afterwards removes all of it, also after an error.
  static func run(_ body: (PrivateLibvirtd) async throws -> Void) async throws {
    let libvirtd = try PrivateLibvirtd()
    let outcome: Result<Void, any Error>
    do {
      try await libvirtd.start()
      outcome = .success(try await body(libvirtd))
    } catch {
      outcome = .failure(error)
    }
    try await libvirtd.stop()
    try outcome.get()
  }

  private init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "libvirtd-\(UUID().uuidString.prefix(8).lowercased())")
    for part in ["stage", "sockets"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: part), withIntermediateDirectories: true)
    }
  }

  private func start() async throws {
    let log = folder.appending(path: "log")
    try Data().write(to: log)
    let output = try Descriptor(open: log.path, O_WRONLY | O_APPEND)
    let process = try ChildProcess(
      [
        "unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child",
        "sh", "-euc", Self.script, "libvirtd", folder.path, Self.hostUUID.uuidString,
      ], input: .pipe, output: .descriptor(output.number), errors: .output)
    self.process = process
    do {
      try await eventually("libvirtd answers at \(socket)") {
        guard try !process.hasEnded() else { throw NeverHappened(description: "libvirtd ended at once") }
        return (try? Connection.open(uri)) != nil
      }
    } catch {
      throw NeverHappened(description: "\(error); its log:\n\(try String(contentsOf: log, encoding: .utf8))")
    }
  }

  private func stop() async throws {
    if let process, try !process.hasEnded() {
      let members = self.members()
      // PID 1 of the namespace ends, with all its processes, and unshare reaps it. If unshare were killed first, a
      // zombie would be left until the machine's init reaps it.
      members.filter { parent($0) == process.pid }.forEach { kill($0, SIGKILL) }
      try process.wait(within: .seconds(60))
      try await eventually("libvirtd and its guests are gone") { members.allSatisfy { kill($0, 0) != 0 } }
    }
    try FileManager.default.removeItem(at: folder)
    let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)
    if mounts.contains(folder.path) { throw NeverHappened(description: "a mount is left at \(folder.path)") }
  }

  /// The process of libvirtd itself.
  func daemon() throws -> pid_t {
    guard let pid = members().first(where: { command($0).first?.hasSuffix("libvirtd") == true }) else {
      throw NeverHappened(description: "no libvirtd process")
    }
    return pid
  }

  /// The QEMU processes of its guests, without those that libvirtd starts as probes.
  func guests() -> [pid_t] {
    members().filter { pid in
      let command = command(pid)
      return command.first?.contains("qemu-system") == true && command.contains { $0.hasPrefix("guest=") }
    }
  }

  /// The number of clients that are connected to its socket.
  ///
  /// The daemon's ends of these connections have its socket's path, but belong to the clients' network namespace
  /// (unix_stream_connect in net/unix/af_unix.c).
  func clients() throws -> Int {
    let sockets = try String(contentsOfFile: "/proc/self/net/unix", encoding: .utf8)
    // Columns: Num RefCount Protocol Flags Type St Inode Path; state 03 is connected.
    return sockets.split(separator: "\n").count { line in
      let columns = line.split(separator: " ")
      return columns.count == 8 && columns[7] == socket && columns[5] == "03"
    }
  }

  /// The answer of QEMU itself to `info status`, through its monitor and another program.
  func monitorStatus(of domain: String) throws -> String {
    try ChildProcess.run(["virsh", "-c", uri, "qemu-monitor-command", domain, "--hmp", "info status"])
      .success().trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Every process below the `unshare` that was started, without `unshare` itself.
  private func members() -> [pid_t] {
    let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap(pid_t.init)
    let children = Dictionary(grouping: pids) { parent($0) }
    var found: [pid_t] = []
    var next = [process?.pid].compactMap(\.self)
    while let pid = next.popLast() {
      found += children[pid] ?? []
      next += children[pid] ?? []
    }
    return found
  }

  /// A process that has ended has no parent.
  private func parent(_ pid: pid_t) -> pid_t? {
    let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    // The command's name, in parentheses, may contain any character, so fields are counted from its end.
    return stat?.split(separator: ")").last?.split(separator: " ").dropFirst().first.flatMap { pid_t($0) }
  }

  private func command(_ pid: pid_t) -> [String] {
    let line = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline"))
    return (line ?? Data()).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// $1 is the folder, $2 the host's UUID.
  private static let script = """
    stage=$1/stage
    mount -t tmpfs tmpfs "$stage"
    mkdir "$stage/upper" "$stage/work" "$stage/root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$stage/upper,workdir=$stage/work" "$stage/root"
    cd "$stage/root"
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount --rbind /dev dev
    for dir in run etc/libvirt var/lib/libvirt var/cache/libvirt var/log/libvirt; do
      mkdir -p "$dir"
      mount -t tmpfs tmpfs "$dir"
    done
    mkdir -p ".$1/sockets"
    mount --bind "$1/sockets" ".$1/sockets"
    # libvirtd looks up its default QEMU user, even if another one is configured.
    for file in passwd group; do
      grep -q '^libvirt-qemu:' "etc/$file" || echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >> "etc/$file"
    done
    cat > etc/libvirt/libvirtd.conf <<END
    unix_sock_dir = "$1/sockets"
    auth_unix_rw = "none"
    auth_unix_ro = "none"
    host_uuid = "$2"
    log_outputs = "3:stderr"
    END
    cat > etc/libvirt/qemu.conf <<END
    user = "root"
    group = "root"
    security_driver = "none"
    cgroup_controllers = []
    stdio_handler = "file"
    END
    exec 3<&0 </dev/null
    (cat <&3 >/dev/null; kill -KILL -1) &
    exec 3<&-
    exec chroot . tini -s -- libvirtd
    """
}
