import CNftables
import FoundationEssentials
import Synchronization

/// nftables in this process, through libnftables(3).
///
/// Use a context from one thread at a time. It stays in the network namespace of the thread that created it. Reuse
/// it: creating one costs more than a command. It prints nothing; what nft would print is returned or thrown.
/// libnftables ends the process when memory runs out.
package final class NftablesContext {
  private let context: OpaquePointer

  /// Held while libnftables writes JSON: for a set's type it calls strtok(3), which keeps its position in a global
  /// variable, so that two threads at once abort by a failed assertion (set_dtype_json in its src/json.c).
  private static let writingJSON = Mutex(())

  /// Sets up libnftables in the calling thread's network namespace.
  package init() throws(NftablesError) {
    guard let context = nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else { throw .unavailable }
    guard nft_ctx_buffer_output(context) == 0, nft_ctx_buffer_error(context) == 0 else {
      nft_ctx_free(context)
      throw .unavailable
    }
    self.context = context
  }

  deinit { nft_ctx_free(context) }

  /// How a listing is printed.
  enum Format {
    case text
    /// As nft prints it, without counters and remaining times.
    case stateless
    case json

    fileprivate var flags: Int {
      switch self {
      case .text: 0
      case .stateless: Int(NFT_CTX_OUTPUT_STATELESS)
      case .json: Int(NFT_CTX_OUTPUT_JSON)
      }
    }
  }

  /// Runs commands in the language of nft(8), all or none, and returns the output.
  @discardableResult
  func run(_ command: String) throws(NftablesError) -> String { try run(command, printing: .text) }

  @discardableResult
  func run(
    _ command: String, printing format: Format, isTrial: Bool = false
  ) throws(NftablesError) -> String {
    nft_ctx_set_dry_run(context, isTrial)
    nft_ctx_output_set_flags(context, UInt32(format.flags))
    var tries = 0
    while true {
      tries += 1
      let status =
        format == .json
        ? Self.writingJSON.withLock { _ in nft_run_cmd_from_buffer(context, command) }
        : nft_run_cmd_from_buffer(context, command)
      // Reading a buffer clears it for the next command, so both are always read.
      let output = nft_ctx_get_output_buffer(context).map { String(cString: $0) } ?? ""
      let message = nft_ctx_get_error_buffer(context).map { String(cString: $0) } ?? ""
      if status == 0 { return output }
      let error = NftablesError.refused(command: command, message: Self.trimmed(message))
      // The ruleset changed while it was read (by another process, or by an element's timeout): read it again. A
      // command that changes something is not repeated here.
      guard error.isInterruptedReading, tries < 20 else { throw error }
    }
  }

  /// Lists something as JSON and decodes it.
  func list(_ command: String) throws(NftablesError) -> Listing {
    let text = try run(command, printing: .json)
    // An empty output means an empty list.
    guard !text.isEmpty else { return Listing(nftables: []) }
    do {
      return try JSONDecoder().decode(Listing.self, from: Data(text.utf8))
    } catch {
      throw .unreadable(command: command, reason: "\(error)")
    }
  }

  private static func trimmed(_ message: String) -> String {
    var text = message[...]
    while text.last?.isNewline == true { text.removeLast() }
    return text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : String(text)
  }
}
