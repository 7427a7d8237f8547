import Glibc
import Journal
import Linux
import Runner
import Scenario

/// Shows a run in progress on stderr: a live view on a terminal, otherwise plain lines.
final class Display {
  private let isTerminal: Bool
  private var live: LiveView
  private var lastDrawn: Int64 = 0
  private var drawnLines = 0

  init(scenario: Scenario, fleet: Fleet, seed: UInt64, path: String) {
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    isTerminal = isatty(2) == 1 && terminal != "dumb"
    live = LiveView(scenario: scenario, fleet: fleet)
    printToStandardError("\(scenario.name): \(scenario.title)")
    printToStandardError("seed \(seed): murphy plan --seed \(seed) shows its choices")
    printToStandardError("writing \(path)")
    if isTerminal { write("\u{1B}[?25l") }
  }

  func show(_ progress: RunProgress) {
    switch progress {
    case .entry(let entry):
      live.take(entry)
      if !live.isRepeated, let line = LiveView.line(for: entry) { printLine(line) }
      for line in live.remarks(on: entry) { printLine(line) }
    case .sample(let sample): live.take(sample)
    case .remark(let text): printLine("  note: \(text)")
    }
    let now = Clock.monotonic.now
    if isTerminal, now - lastDrawn > 100_000_000 {
      lastDrawn = now
      draw()
    }
  }

  /// Keeps the last picture on the terminal, and restores the cursor.
  func end() {
    if isTerminal {
      draw()
      write("\u{1B}[?25h")
    }
  }

  private func printLine(_ line: String) {
    if isTerminal {
      erase()
      write(line + "\n")
      draw()
    } else {
      printToStandardError(line)
    }
  }

  private func draw() {
    erase()
    let lines = live.lines(columns: TerminalText.columns(of: STDERR_FILENO))
    drawnLines = lines.count
    write(lines.map { $0 + "\u{1B}[K\n" }.joined())
  }

  private func erase() {
    if drawnLines > 0 { write("\u{1B}[\(drawnLines)A\u{1B}[J") }
    drawnLines = 0
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
