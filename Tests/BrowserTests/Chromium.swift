import FoundationEssentials
import Glibc
import Linux
import Scenario

/// A headless Chromium with one page, driven through the Chrome DevTools Protocol (CDP): JSON messages, each followed by
/// a NUL, on descriptors 3 and 4. See https://chromedevtools.github.io/devtools-protocol/.
final class Chromium {
  static let program = "/usr/bin/chromium"

  private let process: ChildProcess
  private let folder: String
  private var input: [UInt8] = []
  private var last: Int64 = 0
  private var session: String?
  /// The messages of the page: errors, and refusals by its policy.
  private(set) var complaints: [String] = []

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/murphy-chromium-\(UInt64.random(in: 0 ... .max))"
    var environment = ToolEnvironment.bare
    environment["HOME"] = folder
    // Chromium can't use its sandbox as root.
    let command =
      "exec \(Self.program) --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars"
      + " --force-device-scale-factor=1 --user-data-dir=\(folder) --remote-debugging-pipe about:blank"
      + " 3<&0 4>&1 < /dev/null > /dev/null 2>&1"
    process = try ChildProcess(
      ["sh", "-c", command], environment: environment, input: .pipe, output: .pipe)
    let targets = try call("Target.getTargets")["targetInfos"]
    let page = targets?.items.first { $0["type"] == .string("page") }
    guard let id = page?["targetId"] else { throw Failure("Chromium has no page") }
    let attached = try call("Target.attachToTarget", ["targetId": id, "flatten": .bool(true)])
    session = attached["sessionId"]?.text
    for domain in ["Page", "Runtime", "Log"] { try call("\(domain).enable") }
  }

  deinit {
    process.kill()
    // Its remaining files are in a temporary folder.
    try? FileManager.default.removeItem(atPath: folder)
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// Calls a method, and returns its result.
  @discardableResult
  func call(_ method: String, _ parameters: [String: JSONValue] = [:]) throws -> JSONValue {
    last += 1
    var message: [String: JSONValue] = [
      "id": .integer(last), "method": .string(method), "params": .object(parameters),
    ]
    if let session { message["sessionId"] = .string(session) }
    try process.write([UInt8](try JSONEncoder().encode(JSONValue.object(message))) + [0])
    while true {
      let answer = try next()
      guard answer["id"] == .integer(last) else { continue }
      if let error = answer["error"] { throw Failure("\(method): \(error["message"]?.text ?? "\(error)")") }
      return answer["result"] ?? .null
    }
  }

  /// The next message.
  private func next() throws -> JSONValue {
    while true {
      if let end = input.firstIndex(of: 0) {
        let message = try JSONDecoder().decode(JSONValue.self, from: Data(input[..<end]))
        input.removeSubrange(...end)
        note(message)
        return message
      }
      guard let bytes = try process.read(within: .seconds(60)) else {
        throw Failure("no answer from Chromium")
      }
      if bytes.isEmpty { throw Failure("Chromium has ended: \(String(describing: try process.wait()))") }
      input += bytes
    }
  }

  private func note(_ message: JSONValue) {
    switch message["method"]?.text {
    case "Runtime.exceptionThrown":
      let details = message["params"]?["exceptionDetails"]
      complaints.append(details?["exception"]?["description"]?.text ?? "an exception")
    case "Log.entryAdded": complaints.append(message["params"]?["entry"]?["text"]?.text ?? "a log entry")
    default: break
    }
  }

  /// Opens a file, and waits until it is loaded.
  func open(_ path: String) throws {
    // A change of only the fragment would not load the page again.
    try call("Page.navigate", ["url": .string("about:blank")])
    try call("Page.navigate", ["url": .string("file://\(path)")])
    // Between the two pages no page can be queried, which is an error.
    try until("loaded") {
      (try? value("document.readyState + location.protocol")) == .string("completefile:")
    }
  }

  /// Waits for a state of the page, for at most a minute.
  func until(_ state: String, _ isSo: () throws -> Bool) throws {
    for _ in 0..<6000 {
      if try isSo() { return }
      usleep(10_000)
    }
    throw Failure("the page is never \(state)")
  }

  /// The value of an expression in the page.
  @discardableResult
  func value(_ expression: String) throws -> JSONValue {
    let answer = try call(
      "Runtime.evaluate", ["expression": .string(expression), "returnByValue": .bool(true)])
    if let details = answer["exceptionDetails"] {
      throw Failure("\(expression): \(details["exception"]?["description"]?.text ?? "")")
    }
    return answer["result"]?["value"] ?? .null
  }

  func text(_ expression: String) throws -> String { try value(expression).text ?? "" }

  func number(_ expression: String) throws -> Double {
    switch try value(expression) {
    case .integer(let value): Double(value)
    case .number(let value): value
    case let other: throw Failure("\(expression) is \(other), not a number")
    }
  }

  func resize(_ width: Int, _ height: Int) throws {
    try call(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .integer(Int64(width)), "height": .integer(Int64(height)), "deviceScaleFactor": .integer(1),
        "mobile": .bool(false),
      ])
  }

  enum Pointer: String { case mousePressed, mouseMoved, mouseReleased }

  func point(_ kind: Pointer, _ x: Double, _ y: Double, isPressed: Bool = false) throws {
    try call(
      "Input.dispatchMouseEvent",
      [
        "type": .string(kind.rawValue), "x": .number(x), "y": .number(y), "clickCount": .integer(1),
        "button": .string(kind == .mouseMoved && !isPressed ? "none" : "left"),
        "buttons": .integer(isPressed || kind == .mousePressed ? 1 : 0),
      ])
  }

  func press(_ key: String, shift: Bool = false) throws {
    for type in ["rawKeyDown", "keyUp"] {
      try call(
        "Input.dispatchKeyEvent",
        [
          "type": .string(type), "key": .string(key), "code": .string(key),
          "modifiers": .integer(shift ? 8 : 0),
        ])
    }
  }

  /// The whole page as a PNG.
  func screenshot() throws -> Data {
    let answer = try call(
      "Page.captureScreenshot", ["format": .string("png"), "captureBeyondViewport": .bool(true)])
    guard let data = Data(base64Encoded: answer["data"]?.text ?? "") else { throw Failure("no picture") }
    return data
  }
}

extension JSONValue {
  subscript(_ key: String) -> JSONValue? { if case .object(let values) = self { values[key] } else { nil } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var items: [JSONValue] { if case .array(let values) = self { values } else { [] } }
}
