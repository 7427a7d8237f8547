import Journal
import Linux
import Probes
import Scenario
import Views

/// The result of a query.
package enum LookResult: Sendable {
  /// The answers of its programs or URLs.
  case answers([ViewAnswer])
  /// Why there are no answers.
  case failed(String)

  /// Queries a view from the controller, and waits for the answer. nil if only hosts can be queried, or if the view has
  /// no query.
  ///
  /// - Throws: if the view can't be queried.
  package init?(asking spec: ViewSpec) throws(ViewRefused) {
    switch try spec.question() {
    case .tools, .delivery: return nil
    case .get(let url, let statuses):
      switch HTTPAnswer.get(url, accepting: statuses, timeout: .seconds(5)) {
      case .body(let text, let date): self = .answers([ViewAnswer(text, date: date)])
      case .failed(let reason): self = .failed(reason)
      }
    case .api(let requests): self = Self.ask(requests)
    case .command(let command, let limit):
      self = .answers([ViewAnswer(running: command, within: limit, outputLimit: 1 << 16)])
    }
  }

  /// Sends the requests one after the other. The first that fails is the reason of the whole query: a belief that mixes
  /// answers with earlier ones, or with none, would be wrong.
  private static func ask(_ requests: APIRequests) -> LookResult {
    let deadline = Clock.monotonic.now + 5_000_000_000
    var answers: [ViewAnswer] = []
    do throws(SystemError) {
      // Read for each query, so that a replaced token is used at once.
      let bytes = try DurableFile.read(requests.credentials)
      let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
      let line = text.prefix { !$0.isNewline }
      guard let authorization = requests.authorization.value(String(line)) else {
        return .failed("\(requests.credentials): the form of its first line isn't \(requests.authorization)")
      }
      for url in requests.urls {
        let rest = Nanoseconds(max(deadline - Clock.monotonic.now, 1_000_000))
        let answer = HTTPAnswer.get(
          secure: url,
          fields: ["Accept: \(requests.mediaType)", "Authorization: \(authorization)"],
          trusting: requests.authority, timeout: rest)
        switch answer {
        case .body(let text, let date): answers.append(ViewAnswer(text, date: date))
        case .failed(let reason): return .failed(reason)
        }
      }
    } catch {
      return .failed("\(error)")
    }
    return .answers(answers)
  }

  /// The belief; nil for a kind of view that this version doesn't have.
  package func belief(_ view: Fleet.View?) -> Belief? {
    switch self {
    case .answers(let answers): view?.kind.belief(answers)
    case .failed(let reason): view?.kind.belief(unknown: reason)
    }
  }
}
